"""The broker as one worker sees it: a producer whose batches wait for the simulator, and a reader of changelogs.

As aiokafka does it: a batch lands whole or not at all, within a partition in the order of sending; one waits in the
queue while one is on its way, and whoever sends a third waits. What was sent again because no answer came is there
twice.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final, NamedTuple, Self

from faust.types import TP

from tests.simulation.log import Log, Record

__all__ = ["Batch", "Fetched", "Landing", "LogReader", "Producer", "fetched"]

BATCH: Final = 3  # records that one batch holds
QUEUED: Final = 2  # batches of a partition that wait or are on their way
AT_ONCE: Final = 10  # changelog records in one go


class Fetched(NamedTuple):
    """One record as aiokafka gives it."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[tuple[str, bytes | None]] = ()


class Landing(NamedTuple):
    """Where a batch begins."""

    topic_partition: TP
    offset: int


class Batch:
    """What the engine fills."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def fill(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        """As many as one batch holds."""
        self.records = [Record(key, value) for key, value in records[:BATCH]]
        return len(self.records)


class Producer:
    """Keeps batches in order; nothing lands by itself. `guard` stands before what leaves."""

    def __init__(self, log: Log, *, guard: Callable[[], None]) -> None:
        self._log = log
        self._guard = guard
        self._room = asyncio.Event()
        self.flying: dict[tuple[str, int], deque[tuple[Batch, asyncio.Future[Landing]]]] = {}
        self.sent = 0

    def create_batch(self) -> Batch:
        """An empty one."""
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Landing]":
        """Takes it in when there is room."""
        lane = self.flying.setdefault((topic, partition), deque())
        while len(lane) >= QUEUED:
            self._room.clear()
            await self._room.wait()
        self._guard()
        future: asyncio.Future[Landing] = asyncio.get_running_loop().create_future()
        lane.append((batch, future))
        self.sent += 1
        return future

    def land(self, place: tuple[str, int], *, most: int, heard: bool, twice: bool = False) -> None:
        """The broker has some batches; whoever sent them is told if it can hear. `twice`: its first answer was lost."""
        lane = self.flying[place]
        for _ in range(min(most, len(lane))):
            batch, future = lane.popleft()
            for _ in range(1 + twice):
                offset = len(self._log.records(*place))
                for record in batch.records:
                    self._log.append(*place, record)
            if heard:
                future.set_result(Landing(TP(*place), offset))
        self._room.set()


class LogReader:
    """What restoring and saving read changelogs with. `away()`: whether Kafka goes away before the next batch."""

    def __init__(self, log: Log, *, away: Callable[[], bool]) -> None:
        self._log = log
        self._away = away
        self._at: dict[TP, int] = {}
        self._asked: set[TP] = set()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Self]:
        """A new connection."""
        self._at.clear()
        self._asked.clear()
        yield self

    async def bounds(self, tps: Sequence[TP]) -> Mapping[TP, tuple[int, int]]:
        """First offset and end of each."""
        return {tp: (0, self._end(tp)) for tp in tps}

    def begin(self, starts: Mapping[TP, int]) -> None:
        """What to read, and from where."""
        self._at = {tp: at if at <= self._end(tp) else 0 for tp, at in starts.items()}

    def again(self, tp: TP) -> None:
        """From its beginning."""
        self._at[tp] = 0

    def done(self, tps: Iterable[TP]) -> None:
        """Nothing more of these."""
        for tp in tps:
            del self._at[tp]

    async def batch(self) -> Mapping[TP, list[Fetched]]:
        """Some records of each. Raises ConnectionError."""
        if self._away():
            raise ConnectionError("Kafka is away")
        found: dict[TP, list[Fetched]] = {}
        for tp, at in self._at.items():
            self._asked.add(tp)
            if records := fetched(self._log, tp, at, most=AT_ONCE):
                found[tp] = records
                self._at[tp] = records[-1].offset + 1
        return found

    async def behind(self, tp: TP) -> int | None:
        """Records between here and the end; None until something was asked for."""
        return self._end(tp) - self._at[tp] if tp in self._asked else None

    async def newest(self, tps: Sequence[TP]) -> Mapping[TP, tuple[int, Fetched]]:
        """End and last record of each that has any."""
        ends = {tp: self._end(tp) for tp in tps}
        return {tp: (end, fetched(self._log, tp, end - 1, most=1)[0]) for tp, end in ends.items() if end}

    def _end(self, tp: TP) -> int:
        return len(self._log.records(tp.topic, tp.partition))


def fetched(log: Log, tp: TP, start: int, *, most: int) -> list[Fetched]:
    """Records of a partition from an offset on."""
    records = islice(log.records(tp.topic, tp.partition), start, start + most)
    return [Fetched(offset, one.key, one.value, one.at) for offset, one in enumerate(records, start)]
