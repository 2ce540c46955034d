"""Rows as values: an agent gets one, folds, and puts the next. Written once however often it was put, sent by the pump.

A row that was put is in memory at once and in its changelog within a tenth of a second, or before the next commit;
`Saved` says when it is safe. What decides something (a transition, an alert) waits for that, so its row leaves with the
next turn; everything else need not.
"""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from streams.core.rows import NEVER, NO_RULES, WAKE_AT, header
from streams.engine.rows.table import Lanes, RowTable
from streams.engine.rows.tails import Tails
from streams.engine.sending.sends import KeyValue, Place, Sends
from streams.metrics import Bound, Metrics

__all__ = ["SAVED", "Book", "RowCodec", "Saved", "Waker"]

R = TypeVar("R")
CACHED: Final = 8192  # decoded rows of each generation
SLICE: Final = 2_000  # rows that are looked at before others have their turn


class RowCodec(Protocol[R]):
    """Rows to bytes and back (`streams/core/rows.py`)."""

    def encode(self, row: R) -> bytes:
        """Header and body."""

    def decode(self, raw: bytes) -> R:
        """Raises Undecodable."""


class Waker(Protocol):
    """The clock, as the book sees it."""

    def note(self, table: str, key: str, wake_at: int | None, *, outdated: bool = False) -> None:
        """What a row says of its next due time, and whether other rules made it."""

    def forget(self, table: str, gone: Container[bytes]) -> None:
        """These rows are no longer here."""


class Saved:
    """Whether one row is acknowledged. Decisions wait here; the first one marks the row as `urgent`."""

    __slots__ = ("_key", "_urgent", "_waiting", "done")

    def __init__(self, key: bytes = b"", urgent: set[bytes] | None = None, *, done: bool = False) -> None:
        self.done = done
        self._key = key
        self._urgent = urgent
        self._waiting: list[Callable[[], None]] | None = None

    def then(self, call: Callable[[], None]) -> None:
        """Calls once the row is acknowledged: now, if it is."""
        if self.done:
            call()
        elif self._waiting is None:
            self._waiting = [call]
            if self._urgent is not None:
                self._urgent.add(self._key)
        else:
            self._waiting.append(call)

    def acknowledge(self) -> None:
        """The row is in its changelog, on all replicas."""
        self.done = True
        waiting, self._waiting = self._waiting, None
        for call in waiting or ():
            call()


SAVED: Final = Saved(done=True)


class _Flight:
    """Rows of one partition on their way. `asked`: those of them that somebody waits for."""

    __slots__ = ("asked", "left", "rows")

    def __init__(self, rows: dict[bytes, bytes | None], asked: dict[bytes, Saved]) -> None:
        self.rows = rows
        self.asked = asked
        self.left = len(rows)

    def landed(self, rows: Sequence[KeyValue]) -> None:
        """These have arrived; with the last of them all have."""
        self.left -= len(rows)
        if self.asked:
            keys = [key for key, _ in rows] if self.left else list(self.asked)
            for key in keys:
                saved = self.asked.pop(key, None) if key is not None else None
                if saved is not None:
                    saved.acknowledge()


class Book(Generic[R]):
    """The rows of one table. Only this worker writes those of its partitions.

    `rules`: the mark of the rules that fold them here (`streams/core/rows.py`), None where rows follow from none.
    """

    def __init__(self, table: RowTable, codec: RowCodec[R], *, sends: Sends, clock: Waker,
                 changed: Callable[[], None], metrics: Metrics, rules: bytes | None = None) -> None:  # fmt: skip
        self.name: Final = table.name
        self._table = table
        self._codec = codec
        self._sends = sends
        self._clock = clock
        self._changed = changed
        self._metrics = metrics
        self._rules = rules
        self._young: dict[bytes, R] = {}
        self._old: dict[bytes, R] = {}
        self._gathered: dict[bytes, Saved | None] = {}  # put and not sent; None: nobody asked whether it is safe
        self._flights: list[_Flight] = []
        self._urgent: set[bytes] = set()  # gathered rows that a decision waits for
        table.attach(self)

    def __len__(self) -> int:
        return len(self._table.data)

    def get(self, key: str) -> R | None:
        """The row as it is now, None where there is none."""
        return self._get(key.encode())

    def _get(self, key: bytes) -> R | None:
        row = self._young.get(key)
        if row is None:
            row = self._old.get(key)
            if row is None:
                raw = self._table.data.get(key)
                if raw is None:
                    return None
                row = self._codec.decode(raw)
            self._cache(key, row)
        return row

    def _cache(self, key: bytes, row: R) -> None:
        self._young[key] = row
        if len(self._young) > CACHED:
            self._old, self._young = self._young, {}

    def put(self, key: str, row: R) -> Saved:
        """Takes the row in, as `keep` does. The answer says when the row as it is now is safe."""
        self.keep(key, row)
        return self._saved(key.encode())

    def keep(self, key: str, row: R) -> None:
        """Takes the row in; the same object again writes nothing. For a row whose fold decides nothing."""
        name = key.encode()
        if row is self._young.get(name) or row is self._old.get(name):  # what a fold was given is decoded
            return
        raw = self._codec.encode(row)
        self._table.put(name, raw)
        self._cache(name, row)
        if name not in self._gathered:
            self._gathered[name] = None
            self._changed()
        self._clock.note(self.name, key, None if raw[WAKE_AT] == NEVER else header(raw).wake_at)

    def _saved(self, name: bytes) -> Saved:
        if name in self._gathered:
            saved = self._gathered[name]
            if saved is None:
                saved = self._gathered[name] = Saved(name, self._urgent)
            return saved
        flight = next((one for one in reversed(self._flights) if name in one.rows), None)
        return SAVED if flight is None else flight.asked.setdefault(name, Saved())

    def bounds(self) -> list[Bound]:
        """Rows that are kept decoded, two generations of them."""
        return [Bound(f"decoded_{self.name}_rows", len(self._young) + len(self._old), 2 * CACHED + 1)]

    @property
    def gathered(self) -> int:
        """Rows put and not yet sent."""
        return len(self._gathered)

    async def flush(self, *, everything: bool) -> int:
        """Sends what was put since it was sent last, or of that the urgent rows alone; how many rows.

        Called by the pump only: two calls at once would change the order.
        """
        if not everything and not self._urgent:
            return 0
        lanes = self._table.take(None if everything else self._urgent)
        self._urgent.clear()
        asked = self._taken(lanes, everything=everything)
        flights = {partition: _Flight(rows, asked.pop(partition, {})) for partition, rows in lanes.items() if rows}
        self._flights += flights.values()
        for partition, flight in flights.items():
            rows = list(flight.rows.items())
            await self._sends.send(self._table.changelog_topic_name, partition, rows,
                                   landed=partial(self._landed, flight))  # fmt: skip
        return sum(len(flight.rows) for flight in flights.values())

    def _taken(self, lanes: Lanes, *, everything: bool) -> dict[int, dict[bytes, Saved]]:
        """These rows are gathered no more; those of them that somebody waits for, by partition."""
        if everything:  # whatever was put is among the changes
            turn, self._gathered = self._gathered, {}
        else:
            turn = {key: self._gathered.pop(key, None) for rows in lanes.values() for key in rows}
        asked: dict[int, dict[bytes, Saved]] = {}
        for key, saved in turn.items():
            if saved is not None:
                asked.setdefault(self._table.partition_for_key(key), {})[key] = saved
        return asked

    def _landed(self, flight: _Flight, rows: Sequence[KeyValue], place: Place) -> None:
        self._table.tails.ours(place.topic_partition, place.offset, len(rows))
        flight.landed(rows)
        if not flight.left:
            self._flights.remove(flight)

    @property
    def tails(self) -> Tails:
        """Of its changelog."""
        return self._table.tails

    def overrule(self, key: bytes, value: bytes | None) -> bool:
        """Somebody else's record lies behind ours: sends our row again unless that one is newer; whether it does."""
        if not self._table.overrule(key, value):
            return False
        self._metrics.count("rows_restored_over", self.name)
        self._changed()
        return True

    def is_behind(self, key: bytes, value: bytes | None) -> bool:
        """Whether somebody else's row is newer than ours."""
        return self._table.is_behind(key, value)

    # ─── what restoring and rebalancing do
    def dropped(self, rows: Container[bytes]) -> None:
        """The table gave these up: nothing decoded counts, and the clock need not wake them."""
        self._young, self._old = {}, {}
        self._clock.forget(self.name, rows)

    async def restored(self, rows: Mapping[bytes, bytes], inverted: Sequence[bytes]) -> None:
        """Fresh from the changelog: nothing decoded before counts, and sleepers are known to the clock again."""
        self._young, self._old = {}, {}
        for count, key in enumerate(list(rows)):
            if count % SLICE == 0:
                await asyncio.sleep(0)
            raw = rows[key]
            if self._rules is None and raw[WAKE_AT] == NEVER:
                continue  # most rows sleep for ever
            head = header(raw)
            if head.wake_at is not None or self._is_outdated(head.rules):
                self._clock.note(self.name, key.decode(), head.wake_at, outdated=self._is_outdated(head.rules))
        if rows:
            self._metrics.count("recovered_rows", self.name, n=len(rows))
        if inverted:
            self._metrics.count("rows_restored_over", self.name, n=len(inverted))
            self._changed()

    def _is_outdated(self, rules: bytes | None) -> bool:
        """Whether a row must be folded again because the rules are others now; None: nobody knows which made it."""
        return self._rules is not None and rules not in (self._rules, NO_RULES)
