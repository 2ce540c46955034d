"""The clock: rows ask to be woken, and one tick for each due time goes to the row's own inbox.

A tick says the due time, so a worker that was away for a week says what it would have said then. The time of day stands
beside it, for what is only repeated until it has a receipt: nobody needs each minute of that week again.
No agent looks at the wall clock. Rows tell their `wake_at` when they are put and when they are restored.

Rows that other rules made are woken too, in the order in which they came and not all at once: their tick says the time
at which their turn comes, so that a score is recomputed as of then.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Final

from schemas.touches import Tick
from streams.metrics import Bound, Metrics

__all__ = ["Clock"]

LONGEST_S: Final = 1.0
SLACK: Final = 10_000  # stale entries that are not worth a clean-up
AT_ONCE: Final = 1_000  # ticks in one go
OUTDATED_A_SECOND: Final = 500  # a fifth of one core, with all that follows from them
SLICE_MS: Final = 100  # so often some of them


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
        self._outdated: dict[tuple[str, str], None] = {}  # in the order in which they came
        self._waiting: Counter[str] = Counter()  # how many of each table are in the two: nobody walks them to count
        self._behind: Counter[str] = Counter()
        self._slice_at = 0
        self._sooner = asyncio.Event()

    def note(self, table: str, key: str, wake_at: int | None, *, outdated: bool = False) -> None:
        """What a row says of its next due time, and whether other rules made it. The same again changes nothing."""
        name = (table, key)
        if outdated or self._outdated:
            self._note_outdated(name, outdated=outdated)
        before = self._wakes.get(name)
        if wake_at is None:
            if before is not None:
                del self._wakes[name]
                self._waiting[table] -= 1
            return
        if before is None:
            self._waiting[table] += 1
        elif abs(before) == wake_at:
            return
        self._wakes[name] = wake_at
        if not self._heap or wake_at < self._heap[0][0]:
            self._sooner.set()
        heappush(self._heap, (wake_at, table, key))
        if len(self._heap) > 2 * len(self._wakes) + SLACK:
            self._heap = [(at, *where) for where, at in self._wakes.items() if at > 0]
            heapify(self._heap)

    def forget(self, table: str, gone: Container[bytes]) -> None:
        """These rows are no longer here: somebody else wakes them."""
        names = [name for name in (*self._wakes, *self._outdated) if name[0] == table and name[1].encode() in gone]
        for _, key in names:
            self.note(table, key, None)

    def _note_outdated(self, name: tuple[str, str], *, outdated: bool) -> None:
        if outdated == (name in self._outdated):
            return
        self._behind[name[0]] += 1 if outdated else -1
        if outdated:
            self._outdated[name] = None
        else:
            del self._outdated[name]

    def waiting(self, table: str) -> int:
        """Rows of a table that wait for a time."""
        return self._waiting[table]

    def outdated(self, table: str) -> int:
        """Rows of a table that other rules made, and whose turn has not come yet."""
        return self._behind[table]

    def bounds(self) -> list[Bound]:
        """Due times; entries that no longer hold are cleaned away when they are too many."""
        return [Bound("due_times", len(self._heap), 2 * len(self._wakes) + SLACK + 1)]

    def due(self) -> int:
        """Says a tick for each due time, at most 1,000 at once, and for some of the outdated rows; how many."""
        now = self._now()
        self._slice_at = min(self._slice_at, now + SLICE_MS)  # a clock that was set back must not hold them up
        said = self._recomputed(now) if self._outdated and now >= self._slice_at else 0
        while self._heap and self._heap[0][0] <= now and said < AT_ONCE:
            at, table, key = heappop(self._heap)
            if self._wakes.get((table, key)) != at:
                continue  # the row moved on
            self._wakes[table, key] = -at
            self._say(self._inboxes[table], Tick(to=key, at=at, now=now))
            self._metrics.count("ticks", table)
            said += 1
        return said

    def _recomputed(self, now: int) -> int:
        """Wakes the next few rows that other rules made."""
        self._slice_at = now + SLICE_MS
        names = list(islice(self._outdated, OUTDATED_A_SECOND * SLICE_MS // 1_000))
        for table, key in names:
            self._note_outdated((table, key), outdated=False)
            self._say(self._inboxes[table], Tick(to=key, at=now, now=now))
            self._metrics.count("ticks", table)
        return len(names)

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
        """Seconds until something is due, at most one."""
        times = [self._heap[0][0]] if self._heap else []
        times += [self._slice_at] if self._outdated else []
        return min([LONGEST_S, *(max(0.001, (at - self._now()) / 1000) for at in times)])
