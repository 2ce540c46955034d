"""Faust's consumer, where it would pass records over or commit what is not safe (`faust_fixes.py`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import uvloop
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from kafka_access.parting import part_at_once
from streams.engine.faust.goodbye import leave_any_generation
from streams.engine.faust.refusals import hear_refusals
from streams.engine.reading.drain import DrainingConsumer

__all__ = ["FETCH_WAIT_MS", "CarefulConsumer", "Only", "QuickConsumerThread"]

FETCH_WAIT_MS: Final = 100


class Only:
    """A set of partitions that changes while aiokafka looks at it, and that means nothing when it is empty."""

    def __init__(self, tps: set[TP]) -> None:
        self._tps = tps

    def __bool__(self) -> bool:
        return True

    def __contains__(self, tp: object) -> bool:
        return tp in self._tps


class QuickConsumerThread(driver.AIOKafkaConsumerThread):
    """Asks brokers to answer an empty fetch soon, and takes nothing from partitions that are paused.

    While a fetch waits at a broker, aiokafka sends it no other: what lies in partitions that were not part of it, and
    every question for offsets, waits too. Stock waits 1.5 s.

    Between restoring and reading all partitions are paused. aiokafka takes an empty set for all partitions, Faust drops
    what it did not ask for, and the position has moved on: records are gone that nobody saw.
    """

    app: Any

    async def on_start(self) -> None:
        """As the stock one; its coordinator is there from now on."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        leave_any_generation(coordinator)
        hear_refusals(coordinator)

    async def _fetch_records(self, consumer: Any, active_partitions: Any, *args: Any, **options: Any) -> Any:
        return await super()._fetch_records(consumer, Only(active_partitions), *args, **options)  # type: ignore[arg-type]

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        client = consumer._client
        part_at_once(client)
        client.send = self.app.listening(client.send)
        return consumer

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: it compares what streams acknowledged, and ours are not asked."""


class CarefulConsumer(DrainingConsumer):
    """Commits what was worked off and is safe, and begins to read where the group stands."""

    def _new_consumer_thread(self) -> QuickConsumerThread:
        loop = uvloop.new_event_loop()  # stock: asyncio's own, which is slower by a quarter
        return QuickConsumerThread(self, loop=self.loop, beacon=self.beacon, thread_loop=loop)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp in self.app.progress.positions():
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        for tp in list(self._acked):  # Faust's own books are not read any more: they must not grow
            self._acked[tp].clear()
            self._acked_index[tp].clear()
            self._gap.pop(tp, None)
        positions = self.app.progress.positions()
        return {tp: positions[tp] for tp in tps if positions.get(tp) and self._should_commit(tp, positions[tp])}

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002
        await self.app.settle()
        return bool(await super()._commit_offsets(offsets, start_new_transaction=start_new_transaction))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing of ours is under way when the partitions are given back."""
        await super().on_partitions_revoked(revoked)
        if self.app.should_stop:
            await self.wait_empty()  # Faust passes its own way over then
        await self.app.settle()
        self.app.progress.forget(revoked)

    async def begin_reading(self) -> None:
        """Seeks each inbox to its committed offset, or to its beginning where nothing is committed.

        Ends the process where that would pass records over in silence (`beginnings.py`).
        """
        await self.perform_seek()
        tps = [tp for tp in self.assignment() if not self._is_changelog_tp(tp)]
        if not tps:
            return
        earliest = await self.earliest_offsets(*tps)
        committed = {tp: self._committed_offset[tp] for tp in tps}
        starts = await self.app.beginnings.judged({tp: earliest.get(tp) or 0 for tp in tps}, committed)
        for tp, start in starts.items():
            if not committed[tp] or committed[tp] != start:
                await self._thread.call_thread(self._thread._ensure_consumer().seek, tp, start)
                self._read_offset[tp] = None
        self.app.progress.start(starts)
