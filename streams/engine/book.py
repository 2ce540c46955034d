"""Rows as values: an agent gets one, folds, and puts the next. Written once per block, sent by the pump.

A row that was put is in memory at once and in its changelog soon; `Saved` says when it is safe. What decides something
(a transition, an alert) waits for that; everything else need not.
"""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from streams.core.rows import NEVER, NO_RULES, WAKE_AT, header
from streams.engine.sends import Sends
from streams.engine.table import RowTable
from streams.engine.tails import Tails
from streams.metrics import Metrics

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
    """Whether one row is acknowledged. Decisions wait here."""

    __slots__ = ("_waiting", "done")

    def __init__(self, *, done: bool = False) -> None:
        self.done = done
        self._waiting: list[Callable[[], None]] = []

    def then(self, call: Callable[[], None]) -> None:
        """Calls once the row is acknowledged: now, if it is."""
        if self.done:
            call()
        else:
            self._waiting.append(call)

    @property
    def awaited(self) -> bool:
        """Whether a decision waits."""
        return bool(self._waiting)

    def acknowledge(self) -> None:
        """The row is in its changelog, on all replicas."""
        self.done = True
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()


SAVED: Final = Saved(done=True)


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
        self._gathered: dict[bytes, Saved] = {}
        self._flying: dict[bytes, Saved] = {}
        self.written = 0
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
        """Takes the row in; the same object again writes nothing. The answer says when the row as it is now is safe."""
        name = key.encode()
        if row is self._get(name):
            return self._gathered.get(name) or self._flying.get(name) or SAVED
        raw = self._codec.encode(row)
        self._table[name] = raw
        self._cache(name, row)
        saved = self._gathered.setdefault(name, Saved())
        self._clock.note(self.name, key, header(raw).wake_at)
        self._changed()
        return saved

    @property
    def gathered(self) -> int:
        """Rows put and not yet sent."""
        return len(self._gathered)

    async def flush(self) -> None:
        """Sends what was put since the last call. Called by the pump only: two calls at once would change the order."""
        changed, gathered = self._table.take(), self._gathered
        self._gathered = {}
        changelog = self._table.changelog_topic_name
        for key, value in changed.items():
            partition = self._table.partition_for_key(key)
            future = await self._sends.send(changelog, value, key=key, partition=partition)
            saved = gathered.get(key)
            if saved is not None:
                self._flying[key] = saved
            future.add_done_callback(partial(self._acknowledged, key, saved))
        self.written += len(changed)

    def _acknowledged(self, key: bytes, saved: Saved | None, future: "asyncio.Future[Any]") -> None:
        landed = future.result()
        self._table.tails.ours(landed.topic_partition, landed.offset)
        if saved is None:
            return  # sent again, over somebody else's: nobody waits for it
        if self._flying.get(key) is saved:
            del self._flying[key]
        saved.acknowledge()

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
