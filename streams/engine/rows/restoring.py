"""Brings the rows of assigned partitions back: what the local store has, and the rest from the changelogs in bulk.

The last record that a stored copy knows is read first. It must lie where it lay and be what it was; if it does not (the
changelog was made anew, compaction took it, the copy is of another installation) the copy is dropped and the changelog
is read from its beginning. A share knows up to where it was read, so one whose reading was interrupted by a rebalance
and that stays is read on, not again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.engine.rows.changelogs import Changelogs, Read, sum_of
from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.engine.rows.shares import Share
from streams.engine.rows.store import Store
from streams.engine.rows.table import RowTable
from streams.metrics import Metrics

__all__ = ["Restoring"]

AGAIN_S: Final = 1.0

_log = structlog.get_logger("streams.engine")


class Job(NamedTuple):
    """One partition that is being restored."""

    table: RowTable
    partition: int
    share: Share


class Restoring:
    """`store` None: there is none. `connected()`: a reader of changelogs."""

    def __init__(self, tables: Sequence[RowTable], *, store: Store | None,
                 connected: Callable[[], AbstractAsyncContextManager[Changelogs]], progress: RecoveryProgress,
                 metrics: Metrics) -> None:  # fmt: skip
        self._tables = tables
        self._store = store
        self._connected = connected
        self._metrics = metrics
        self.progress = progress

    async def restore(self, partitions: Mapping[str, set[int]]) -> None:
        """Reads these partitions of each table (by name) to their ends. May be cancelled at any point."""
        wanted = {
            TopicPartition(table.changelog_topic_name, partition): Job(table, partition, table.data.share(partition))
            for table in self._tables
            for partition in sorted(partitions.get(table.name, ()))
            if not table.data.share(partition).whole
        }
        if not wanted:
            return
        self.progress.begin()
        try:
            for job in wanted.values():
                await self._load(job)
            while not await self._read_through(wanted):
                self._metrics.count("retries", "changelogs")
                await asyncio.sleep(AGAIN_S)
        finally:
            self.progress.end()

    async def _load(self, job: Job) -> None:
        if job.share.loaded is not None:  # read by an earlier generation that did not come to compare it
            job.share.empty()
        if self._store is None or job.share.read_to:
            return
        found = await asyncio.to_thread(self._store.load, job.table.name, job.partition)
        if found is not None:
            job.share.rows, job.share.loaded, job.share.read_to = found.rows, found.mark, found.mark.last_offset
            job.share.unsaved = set()
            self._metrics.count("store_rows_loaded", job.table.name, n=len(found.rows))

    async def _read_through(self, wanted: Mapping[TopicPartition, Job]) -> bool:
        """Whether all is read; what was read until Kafka went away is kept. The watchdog has the last word."""
        try:
            async with self._connected() as changelogs:
                await self._read(changelogs, wanted)
        except (KafkaError, OSError) as error:
            _log.warning("restoring_interrupted", error=repr(error))
            return False
        return True

    async def _read(self, changelogs: Changelogs, wanted: Mapping[TopicPartition, Job]) -> None:
        bounds = await changelogs.bounds(list(wanted))
        starts = {tp: max(bounds[tp][0], job.share.read_to) for tp, job in wanted.items()}
        for tp, start in starts.items():
            self.progress.expect(tp, max(0, bounds[tp][1] - start))
        changelogs.begin(starts)
        missing = set(wanted)
        while missing:
            for tp, records in (await changelogs.batch()).items():
                self._take_in(changelogs, tp, wanted[tp], records=records)
            for tp in list(missing):
                if await self._at_end(changelogs, tp, wanted[tp]):
                    missing.discard(tp)
            self.progress.say()
            await asyncio.sleep(0)

    def _take_in(self, changelogs: Changelogs, tp: TopicPartition, job: Job, *, records: Sequence[Read]) -> None:
        mark = job.share.loaded
        if mark is not None and (records[0].offset != mark.last_offset or sum_of(records[0]) != mark.last_sum):
            self._start_over(changelogs, tp, job)
            return
        job.share.loaded = None
        job.table.take_in(job.partition, records)
        self.progress.took(tp, len(records))

    def _start_over(self, changelogs: Changelogs, tp: TopicPartition, job: Job) -> None:
        if self._store is not None:
            self._store.distrust(job.table.name, job.partition, reason="not_in_changelog")
        job.share.empty()
        changelogs.again(tp)

    async def _at_end(self, changelogs: Changelogs, tp: TopicPartition, job: Job) -> bool:
        behind = await changelogs.behind(tp)
        if behind is None:
            return False
        self.progress.expect(tp, behind)
        if behind:
            return False
        if job.share.loaded is not None:  # not even the last record of the copy is there
            self._start_over(changelogs, tp, job)
            return False
        changelogs.done([tp])
        return True
