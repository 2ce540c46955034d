"""Faust, where it would lose or double something: subclasses that it is handed, no patched modules.

Against faust-streaming 0.15.3. Each fix has a test in `tests/unit/engine/test_faust_fixes.py` that shows the stock
behaviour, so that an upgrade says which of them it made needless.

| fix | stock behaviour |
|---|---|
| commit what `Progress` says | commits a record whose agent raised, steps over one unacknowledged record |
| settle before each commit | commits although sends failed: aiokafka's flush never raises |
| patient buffer | flush gives up after 100 ms without progress, and forgets the record in its hand |
| begin reading after the queues are clear | records that come between seek and clear are dropped for good |
| take nothing where all is paused | takes records of paused partitions and drops them |
| answer empty fetches soon | one partition's idle fetch holds up another's records for 1.5 s |
| restore in bulk | takes changelog records one by one, 8,400 a second |
| start where the group stands, or not at all | silently jumps when its offset fell out of retention |
| drain by whole fetches (`drain.py`) | four asyncio tasks a record; sleeps a second where all buffers are full |
| start tables at once | waits a second, in which tables may still be declared |
| say nothing of slow streams | logs that a stream stands still, by sensors that nobody feeds here: the watchdog looks |
| a crash ends the process | the graceful path commits and may hang |
| leave generation 0 too (`goodbye.py`) | the embedded broker's first one: nobody leaves, who comes waits a session |
| leave the group in order | a rebalance during the stop closes the consumer: nobody leaves, the others wait a session |
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Final

import faust
import structlog
import uvloop
from faust.sensors.monitor import Monitor
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types import TP

from streams.engine.batch import Batch
from streams.engine.beginnings import Beginnings
from streams.engine.drain import DrainingConsumer
from streams.engine.exits import Die, die
from streams.engine.goodbye import leave_any_generation
from streams.engine.intake import Intake
from streams.engine.lease import Guard, Send, guarded
from streams.engine.progress import Progress
from streams.engine.restoring import Restoring

__all__ = [
    "CarefulConsumer", "CarefulProducer", "CarefulRecovery", "CarefulTables", "CarefulTransport", "EngineApp", "Only",
    "PatientBuffer", "QuickConsumerThread", "Watched",
]  # fmt: skip

FETCH_WAIT_MS: Final = 100

_log = structlog.get_logger("streams.engine")


class Watched(Monitor):
    """Faust's monitor; a send through Faust's own path that fails ends the process too."""

    def on_send_error(self, producer: Any, exc: BaseException, state: Any) -> None:  # noqa: ARG002
        """A record is lost."""
        die("a record was lost on its way", error=repr(exc))


class PatientBuffer(ProducerBuffer):
    """Flushes until its queue is empty and nothing is in its hand."""

    max_messages = 20_000
    _in_hand = 0

    async def _send_pending(self, fut: Any) -> None:
        self._in_hand += 1
        try:
            await super()._send_pending(fut)
        finally:
            self._in_hand -= 1

    async def flush_atmost(self, max_messages: int | None) -> int:
        """Returns when nothing is left, or `max_messages` were sent."""
        flushed = 0
        while (self.size or self._in_hand) and (max_messages is None or flushed < max_messages):
            if self.state != "running" and self.size:
                raise RuntimeError("Cannot flush: Producer not Running")
            self.message_sent.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.message_sent.wait(), timeout=0.1)
                flushed += 1
        return flushed


class CarefulProducer(driver.Producer):
    """The stock producer with the patient buffer; `guard` runs before each request leaves for a broker."""

    app: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.buffer = PatientBuffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app

    async def on_start(self) -> None:
        """Starts aiokafka's producer, puts the guard before its requests and gives it our batches."""
        await super().on_start()
        producer = self._ensure_producer()
        producer.create_batch = Batch
        client = producer.client
        client.send = guarded(client, self.app.guard)


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
        leave_any_generation(self._ensure_consumer()._coordinator)

    async def _fetch_records(self, consumer: Any, active_partitions: Any, *args: Any, **options: Any) -> Any:
        return await super()._fetch_records(consumer, Only(active_partitions), *args, **options)  # type: ignore[arg-type]

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        client = consumer._client
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


class CarefulTransport(driver.Transport):
    """Our consumer and producer."""

    Consumer: ClassVar[Any] = CarefulConsumer
    Producer: ClassVar[Any] = CarefulProducer


class CarefulRecovery(Recovery):
    """Restores in bulk (`restoring.py`); then seeks first, clears the queues, and only then lets records in."""

    app: Any
    restoring = False

    async def _build_highwaters(self, *_: Any) -> None:
        """Nothing: the changelogs are read by our own reader."""

    async def _build_offsets(self, *_: Any) -> None:
        """Nothing: the same."""

    async def _seek_offsets(self, *_: Any) -> None:
        """Nothing: the same."""

    def need_recovery(self) -> bool:
        """Never by Faust's own way, which takes record by record."""
        return self.restoring

    def active_remaining_total(self) -> int:
        """Changelog records that are still to be read."""
        return int(self.app.restoring.progress.remaining)

    async def _restore(self) -> None:
        self._set_recovery_started()
        self.restoring = True
        try:
            tps = {table.name: {tp.partition for tp in tps} for table, tps in self.actives_for_table.items()}
            await self.app.restoring.restore(tps)
        finally:
            self.restoring = False
            self._set_recovery_ended()

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Stock order, but for the place where the inboxes are resumed."""
        app, consumer = self.app, self.app.consumer
        await self._restore()
        await app.on_rebalance_complete.send()
        for table in self.tables.values():
            if app.consumer_generation_id != generation_id:
                break  # what is assigned now is not what was restored
            await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
        if app.consumer_generation_id != generation_id:
            _log.warning("rebalanced_again", generation=generation_id, now=app.consumer_generation_id)
            return
        if consumer.assignment():
            await self._wait(consumer.begin_reading(), timeout=app.conf.broker_request_timeout)
        self.completed.set()
        app.intake.clear()  # what was fetched before the seek is read again
        app.flow_control.resume()
        consumer.resume_flow()
        consumer.resume_partitions({tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)})
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        if not app.assignor.assigned_standbys():
            self.tables.on_standbys_ready()
        app.on_rebalance_end()


class CarefulTables(TableManager):
    """Our recovery, and no pause before it."""

    @property
    def recovery(self) -> Recovery:
        """Made at its first use, as the stock one."""
        if self._recovery is None:
            self._recovery = CarefulRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """The stock one gives tables a second to be declared: ours are there before the worker starts."""
        await self._update_channels()
        await self.recovery.start()


class EngineApp(faust.App):
    """A Faust app with all fixes. `guard` runs before each request of the producer, `settle` before each commit.

    `listening` wraps the consumer's requests: it hears what the group answers.
    """

    consumer: Any
    producer: Any
    tables: Any
    progress: Progress
    intake: Intake
    settle: Callable[[], Awaitable[None]]
    restoring: Restoring
    beginnings: Beginnings
    guard: Guard
    listening: Callable[[Send], Send]
    die: Die = staticmethod(die)

    def _new_transport(self) -> Any:
        return CarefulTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return CarefulTransport(self.conf.broker_producer, self)

    def _on_rebalance_when_stopped(self) -> None:
        """Nothing: the consumer leaves the group when it is stopped, and by its own loop."""

    def _crash(self, reason: BaseException) -> None:
        self.die("Faust crashed", error=repr(reason))
