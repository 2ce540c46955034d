"""Faust, where it would lose or double something: subclasses that it is handed, no patched modules.

Against faust-streaming 0.15.3. Each fix has a test in `tests/unit/engine/faust/test_faust_fixes.py` that shows the
stock behaviour, so that an upgrade says which of them it made needless. Those of the consumer stand in
`careful_consumer.py`, those of the producer in `careful_producer.py`.

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
| ask a coordinator that loads its offsets again (`refusals.py`) | hears that there are none: all is read again |
| leave generation 0 too (`goodbye.py`) | the embedded broker's first one: nobody leaves, who comes waits a session |
| leave the group in order | a rebalance during the stop closes the consumer: nobody leaves, the others wait a session |
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import faust
import structlog
from faust.sensors.monitor import Monitor
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver

from streams.engine.faust.careful_consumer import CarefulConsumer
from streams.engine.faust.careful_producer import CarefulProducer
from streams.engine.guards.exits import Die, die
from streams.engine.guards.lease import Guard, Send
from streams.engine.reading.beginnings import Beginnings
from streams.engine.reading.intake import Intake
from streams.engine.reading.progress import Progress
from streams.engine.rows.restoring import Restoring

__all__ = ["CarefulRecovery", "CarefulTables", "CarefulTransport", "EngineApp", "Watched"]

_log = structlog.get_logger("streams.engine")


class Watched(Monitor):
    """Faust's monitor; a send through Faust's own path that fails ends the process too."""

    def on_send_error(self, producer: Any, exc: BaseException, state: Any) -> None:  # noqa: ARG002
        """A record is lost."""
        die("a record was lost on its way", error=repr(exc))


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
