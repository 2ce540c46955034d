"""Rows to the collector: in bodies of bounded size, again while it is away, each with what became of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import httpx
from msgspec import Struct

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


class Door:
    """A collector's HTTP routes, with a server key: what it brings keeps its own past time."""

    def __init__(
        self, http: httpx.Client, *, url: str, key: str, crm: str, patience_s: float = PATIENCE_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._http = http
        self._url = url.rstrip("/")
        self._key = key
        self._crm = crm
        self._patience_s = patience_s
        self._sleep = sleep

    def post(self, rows: Sequence[Row], destination: Destination) -> list[Rejected]:
        """The rows that the collector rejected; all others are safe. Raises ImportStopped."""
        if not rows:
            return []
        body = destination.before + b",".join(one for row in rows for one in row.messages) + destination.after
        answer = self._sent(destination, body)
        verdicts = answer.get(destination.said, []) if destination.said else []
        return [
            Rejected(row.line, row.cells, str(verdict.get("detail", "rejected")))
            for row, verdict in zip(rows, verdicts, strict=False)
            if verdict.get("verdict") == "rejected"
        ]

    def _sent(self, destination: Destination, body: bytes) -> dict[str, Any]:
        """Raises ImportStopped where it refuses for good, or is away for too long."""
        waited = 0.0
        while True:
            why = ""
            try:
                answer = self._http.post(
                    self._url + destination.path, content=body, auth=(self._key, ""),
                    params={"crm": self._crm} if destination.said else None,
                    headers={"content-type": "application/json"},
                )  # fmt: skip
            except httpx.TransportError as error:
                why = f"no answer from {self._url} ({type(error).__name__})"
            else:
                if answer.is_success:
                    return dict(answer.json())
                why = f"{self._url}{destination.path} answers {answer.status_code}: {answer.text[:200]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise ImportStopped(why)
            if waited >= self._patience_s:
                raise ImportStopped(why)
            self._sleep(RETRY_S)
            waited += RETRY_S


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
