"""How a worker's rows come back, are copied to its disk, and stay the last ones: the engine's parts, over the log."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from faust.types import TP

from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.engine.rows.restoring import Restoring
from streams.engine.rows.saving import Saving
from streams.engine.rows.sweep import Strange, Sweep
from streams.engine.rows.table import RowTable
from streams.engine.rows.tails import Span
from streams.engine.sending.book import Book
from streams.errors import StoreUnusable
from streams.metrics import Metrics
from tests.simulation.broker import LogReader, fetched
from tests.simulation.disk import Disk
from tests.simulation.log import Log, changelog

__all__ = ["Rows"]


class Rows:
    """`kept_after`: what a copy waits for before it is written. `now` in UTC milliseconds."""

    def __init__(self, log: Log, tables: Mapping[str, RowTable], books: Sequence[Book[Any]], *, disk: Disk | None,
                 kept_after: Callable[[], Awaitable[None]], now: Callable[[], int], metrics: Metrics) -> None:
        self._log = log
        self._tables = tables
        self._restores = False
        self.away_in = -1  # batches of changelogs that are still read before Kafka goes away; below zero: it stays
        reader: Any = LogReader(log, away=self._away)
        store: Any = disk
        all_tables = list(tables.values())
        self._restoring = Restoring(all_tables, store=store, connected=reader.connected,
                                    progress=RecoveryProgress(metrics, clock=lambda: 0.0), metrics=metrics)  # fmt: skip
        beside: Any = LogReader(log, away=lambda: False)
        self._saving = Saving(store, all_tables, connected=beside.connected, settled=kept_after, now=now,
                              metrics=metrics)  # fmt: skip
        self._sweep = Sweep(books, ends=self._ends, read=self._read, awake=lambda: not self._restores, metrics=metrics)

    def _away(self) -> bool:
        self.away_in -= 1
        return self.away_in == -1

    async def restore(self, mine: set[int], *, gone: set[int], came: set[int], generation: int) -> None:
        """The partitions are these from now on. May be cancelled at any point."""
        self._restores = True
        for name, table in self._tables.items():
            await table.on_rebalance(_tps(name, mine), _tps(name, gone), _tps(name, came), generation)
        await self._restoring.restore(dict.fromkeys(self._tables, mine))
        for name, table in self._tables.items():
            await table.on_recovery_completed(_tps(name, mine), set())
        self._restores = False

    async def save(self) -> None:
        """One round of copying to the disk; what goes wrong costs a longer restart."""
        if not self._restores:
            with suppress(StoreUnusable):
                await self._saving.save()

    async def sweep(self) -> int:
        """One look at the tails; how many rows are sent again."""
        return 0 if self._restores else await self._sweep.look()

    async def _ends(self, tps: Sequence[TP]) -> Mapping[TP, int]:
        return {tp: len(self._log.records(tp.topic, tp.partition)) for tp in tps}

    async def _read(self, tp: TP, span: Span, /) -> AsyncIterator[Strange]:
        for one in fetched(self._log, tp, span[0], most=span[1] - span[0]):
            yield one.key, one.value


def _tps(table: str, partitions: set[int]) -> set[TP]:
    return {TP(changelog(table), number) for number in partitions}
