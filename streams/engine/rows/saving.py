"""Keeps the local store up with the rows: every few seconds what changed, now and then a partition whole.

Only acknowledged rows may lie there, and all of them up to the mark. So, in this order: ask how far the changelogs go
(every record before that was sent from rows that are in memory), copy the changed rows, wait until everything that was
sent or gathered is acknowledged, write. What is written is true for ever, whoever has the partition by then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.engine.rows.changelogs import Changelogs, sum_of
from streams.engine.rows.shares import Mark, Share
from streams.engine.rows.store import OLDEST_MS, Store
from streams.engine.rows.table import RowTable
from streams.errors import StoreUnusable
from streams.metrics import Metrics

__all__ = ["Saving"]

REFRESH_MS: Final = OLDEST_MS // 4  # a mark that is older is written again, though nothing changed
LAST_S: Final = 10.0  # what a stop waits for the last round, at most

_log = structlog.get_logger("streams.engine")


class Copied(NamedTuple):
    """Changed rows of one share as they were at one moment."""

    table: RowTable
    partition: int
    share: Share
    mark: Mark
    whole: bool
    pairs: Iterator[tuple[bytes, bytes]]
    taken: set[bytes] | None  # what the store did not have; None: it had nothing

    def put_back(self) -> None:
        """It still does not have them."""
        if self.taken is None or self.share.unsaved is None:
            self.share.unsaved = None
        else:
            self.share.unsaved |= self.taken


class Saving:
    """`settled()`: all that was put until now is acknowledged. `connected()`: a reader of changelogs."""

    def __init__(self, store: Store, tables: Sequence[RowTable], *,
                 connected: Callable[[], AbstractAsyncContextManager[Changelogs]],
                 settled: Callable[[], Awaitable[None]], now: Callable[[], int], metrics: Metrics) -> None:  # fmt: skip
        self._store = store
        self._tables = tables
        self._connected = connected
        self._settled = settled
        self._now = now
        self._metrics = metrics
        self._marked: dict[tuple[str, int], int] = {}  # when a partition was saved last
        self._round = asyncio.Lock()

    async def run(self, every_s: float, ready: Callable[[], bool]) -> None:
        """Saves for ever, while this worker reads. What goes wrong costs a longer restart and nothing else."""
        while True:
            await asyncio.sleep(every_s)
            if ready():
                await self._tried()

    async def last(self) -> None:
        """The round of a worker that stops: everything is committed and nobody folds, so the next one reads no tail."""
        try:
            async with asyncio.timeout(LAST_S):
                await self._tried()
        except TimeoutError:
            _log.warning("rows_not_saved", error=f"not within {LAST_S:.0f} s")

    async def _tried(self) -> None:
        try:
            await self.save()
        except (KafkaError, OSError, StoreUnusable) as error:
            _log.warning("rows_not_saved", error=repr(error))
            self._metrics.count("store_failures")

    async def save(self) -> None:
        """One round, behind one that is under way. Raises KafkaError, OSError, StoreUnusable."""
        async with self._round:
            await self._save()

    async def _save(self) -> None:
        wanted = self._wanted()
        if not wanted:
            return
        async with self._connected() as changelogs:
            newest = await changelogs.newest(list(wanted))
        now = self._now()
        copies: list[Copied] = []
        for tp, (table, share) in wanted.items():
            if tp in newest and share.whole:
                end, last = newest[tp]
                mark = Mark(end, last.offset, sum_of(last), now)
                copies.append(self._copied(table, tp.partition, share, mark=mark))
                await asyncio.sleep(0)
        try:
            await self._settled()
            while copies:
                await self._write(copies[0])
                copies.pop(0)
        finally:
            for copied in copies:  # what did not arrive
                copied.put_back()

    def _wanted(self) -> Mapping[TopicPartition, tuple[RowTable, Share]]:
        old = self._now() - REFRESH_MS
        return {
            TopicPartition(table.changelog_topic_name, partition): (table, share)
            for table in self._tables
            for partition, share in table.data.held().items()
            if share.whole and (share.unsaved != set() or self._marked.get((table.name, partition), 0) < old)
        }

    def _copied(self, table: RowTable, partition: int, share: Share, *, mark: Mark) -> Copied:
        """Takes what changed out of the share. No other task may run meanwhile."""
        unsaved, rows = share.unsaved, share.rows
        share.unsaved = set()
        whole = unsaved is None or self._store.must_be_whole(table.name, partition)
        changed = rows.copy() if whole or unsaved is None else {key: rows.get(key, b"") for key in unsaved}
        return Copied(table, partition, share, mark, whole, iter(changed.items()), unsaved)

    async def _write(self, copied: Copied) -> None:
        table, partition, share, mark, whole, pairs, _ = copied
        if table.data.held().get(partition) is not share:
            return  # it moved away meanwhile
        if (table.tails.known(TP(table.changelog_topic_name, partition)) or 0) < mark.next_offset:
            copied.put_back()  # somebody else wrote in between: a restart must see that until the sweep has
            return
        write = self._store.save_whole if whole else self._store.save
        await asyncio.to_thread(write, table.name, partition, pairs, mark=mark)
        self._marked[table.name, partition] = mark.at
        self._metrics.count("store_saves", "whole" if whole else "changes")
