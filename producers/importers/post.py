"""Rows to the collector: in bodies of bounded size, again while it is away, each with what became of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import httpx
from msgspec import MsgspecError, Raw, Struct, json

from producers.errors import ImportStopped
from producers.importers.plan import Destination, Plan, Rejected, Row

__all__ = ["Batch", "Door", "batches"]

MOST_ROWS: Final = 200
MOST_BYTES: Final = 256 * 1024
PATIENCE_S: Final = 60.0
RETRY_S: Final = 0.5


class Batch(Struct, frozen=True):
    """Rows that are posted together, and those between them that are not."""

    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]
    size: int  # all of them, as the file counts


class _Verdict(Struct, frozen=True):
    verdict: str = ""
    detail: str = "rejected"


class Door:
    """A collector's HTTP routes, with a server key: what it brings keeps its own past time.

    `waits` hears why a body is not taken yet, once for each. `clock` in seconds.
    """

    def __init__(
        self, http: httpx.Client, *, url: str, key: str, crm: str, waits: Callable[[str], None],
        patience_s: float = PATIENCE_S, sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._http = http
        self._url = url.rstrip("/")
        self._key = key
        self._crm = crm
        self._waits = waits
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock

    def post(self, rows: Sequence[Row], destination: Destination) -> list[Rejected]:
        """The rows that the collector rejected; all others are safe. Raises ImportStopped."""
        if not rows:
            return []
        body = destination.before + b",".join(one for row in rows for one in row.messages) + destination.after
        verdicts = self._sent(destination, body)
        return [
            Rejected(row.line, row.cells, verdict.detail)
            for row, verdict in zip(rows, verdicts, strict=False)
            if verdict.verdict == "rejected"
        ]

    def _sent(self, destination: Destination, body: bytes) -> list[_Verdict]:
        """Raises ImportStopped where it refuses for good, is away for too long, or is no collector."""
        until, said = self._clock() + self._patience_s, False
        while True:
            try:
                answer = self._http.post(
                    self._url + destination.path, content=body, auth=(self._key, ""),
                    params={"crm": self._crm} if destination.said else None,
                    headers={"content-type": "application/json"},
                )  # fmt: skip
            except httpx.HTTPError as error:
                why = f"no answer from {self._url} ({type(error).__name__})"
            else:
                if answer.is_success:
                    return self._verdicts(destination, answer)
                why = f"{self._url}{destination.path} answers {answer.status_code}: {answer.text[:200]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise ImportStopped(why)
            if self._clock() >= until:
                raise ImportStopped(why)
            if not said:
                self._waits(why)
                said = True
            self._sleep(RETRY_S)

    def _verdicts(self, destination: Destination, answer: httpx.Response) -> list[_Verdict]:
        """Raises ImportStopped."""
        try:
            told = json.decode(answer.content, type=dict[str, Raw])
            return json.decode(told.get(destination.said, b"[]"), type=list[_Verdict])
        except (MsgspecError, UnicodeDecodeError) as error:
            why = f"{self._url}{destination.path} answers {answer.status_code}, and not as a collector does"
            raise ImportStopped(f"{why}: {answer.text[:200]}") from error


def batches(plan: Plan, *, after: int = 0) -> Iterator[Batch]:
    """The rows from the one behind `after` on, at most 200 and 256 KB at a time."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    size = weight = 0
    for one in plan.rows[after:]:
        size += 1
        if isinstance(one, Rejected):
            rejected.append(one)
        else:
            rows.append(one)
            weight += sum(map(len, one.messages))
        if size >= MOST_ROWS or weight >= MOST_BYTES:
            yield Batch(tuple(rows), tuple(rejected), size)
            rows, rejected, size, weight = [], [], 0, 0
    if size:
        yield Batch(tuple(rows), tuple(rejected), size)
