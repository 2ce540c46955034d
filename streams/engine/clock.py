"""The clock: rows ask to be woken, and one tick for each due time goes to the row's own inbox.

A tick says the due time, not the time of day, so a worker that was away for a week says what it would have said then.
No agent looks at the wall clock. Rows tell their `wake_at` when they are put and when they are restored.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from heapq import heapify, heappop, heappush
from typing import Final

from schemas.touches import Tick
from streams.metrics import Metrics

__all__ = ["Clock"]

LONGEST_S: Final = 1.0
SLACK: Final = 10_000  # stale entries that are not worth a clean-up
AT_ONCE: Final = 1_000  # ticks in one go


class Clock:
    """`inboxes`: table -> short name of its inbox. `now` in UTC milliseconds. `say` hands a tick to the outbox."""

    def __init__(self, inboxes: Mapping[str, str], *, say: Callable[[str, Tick], None], now: Callable[[], int],
                 metrics: Metrics) -> None:  # fmt: skip
        self._inboxes = inboxes
        self._say = say
        self._now = now
        self._metrics = metrics
        self._heap: list[tuple[int, str, str]] = []
        self._wakes: dict[tuple[str, str], int] = {}  # below zero: said already, waiting for the row to move on
        self._sooner = asyncio.Event()

    def note(self, table: str, key: str, wake_at: int | None) -> None:
        """What a row says of its next due time. The same time again changes nothing."""
        name = (table, key)
        if wake_at is None:
            self._wakes.pop(name, None)
            return
        if abs(self._wakes.get(name, 0)) == wake_at:
            return
        self._wakes[name] = wake_at
        if not self._heap or wake_at < self._heap[0][0]:
            self._sooner.set()
        heappush(self._heap, (wake_at, table, key))
        if len(self._heap) > 2 * len(self._wakes) + SLACK:
            self._heap = [(at, *where) for where, at in self._wakes.items() if at > 0]
            heapify(self._heap)

    def waiting(self, table: str) -> int:
        """Rows of a table that wait for a time."""
        return sum(1 for name in self._wakes if name[0] == table)

    def due(self) -> int:
        """Says a tick for each due time, at most 1,000 at once; how many."""
        now = self._now()
        said = 0
        while self._heap and self._heap[0][0] <= now and said < AT_ONCE:
            at, table, key = heappop(self._heap)
            if self._wakes.get((table, key)) != at:
                continue  # the row moved on
            self._wakes[table, key] = -at
            self._say(self._inboxes[table], Tick(to=key, at=at))
            self._metrics.count("ticks", table)
            said += 1
        return said

    async def run(self, awake: Callable[[], bool]) -> None:
        """Ticks for ever, while `awake()`: not while rows are being restored or partitions move."""
        while True:
            said = self.due() if awake() else 0
            await asyncio.sleep(0)
            if said < AT_ONCE:
                self._sooner.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._sooner.wait(), self._until_next_s())

    def _until_next_s(self) -> float:
        if not self._heap:
            return LONGEST_S
        return min(LONGEST_S, max(0.001, (self._heap[0][0] - self._now()) / 1000))
