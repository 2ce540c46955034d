"""One worker, put together: Faust with its fixes, books, outbox, pump, clock, watchdog and health.

`streams/app.py` says which tables and agents there are. Nothing durable comes from a module path: topics, tables,
agents and the group are named by hand.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import faust
import structlog
from faust.types import TP, StreamT, TopicT

from running.wall_clock import utc_ms
from schemas.lookups import lookups
from schemas.topics import TOPICS
from streams.channels.base import Channel
from streams.channels.delivery import Delivery
from streams.core.recipient.channel_state import ChannelState
from streams.core.rows import FORMAT
from streams.engine.clock import Clock
from streams.engine.faust.faust_fixes import CarefulTables, Watched
from streams.engine.faust.faust_settings import faust_settings
from streams.engine.faust.order import OrderedApp, PunctualWorker
from streams.engine.faust.watchdog import Watchdog
from streams.engine.guards.exits import die
from streams.engine.guards.health import Health
from streams.engine.guards.lease import Lease, heard
from streams.engine.guards.pulse import Pulse, since_boot
from streams.engine.guards.reach import Reach
from streams.engine.reading.beginnings import Beginnings
from streams.engine.reading.breaker import Breaker
from streams.engine.reading.intake import Inbox, Intake
from streams.engine.reading.progress import Progress
from streams.engine.rows.changelogs import Changelogs
from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.engine.rows.restoring import Restoring
from streams.engine.rows.saving import Saving
from streams.engine.rows.store import Store
from streams.engine.rows.sweep import Sweep, reader
from streams.engine.rows.table import RowTable
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import Book, RowCodec
from streams.engine.sending.outbox import Outbox
from streams.engine.sending.pump import Pump
from streams.engine.sending.sends import Sends
from streams.engine.shell import Shell
from streams.engine.startup import check_topics
from streams.metrics import Bound, Bounded, Metrics
from streams.settings import Settings

__all__ = ["INBOXES", "Agent", "Engine"]

R = TypeVar("R")
GARBAGE: Final = (300_000, 50, 100)  # rows hold no cycles, and so many objects are not alive but in a full cache
LAST: Final = ("pulse", "pump")  # tasks that say nothing by themselves
INBOXES: Final = {"visitors": "visits", "leads": "touches", "accounts": "signals", "recipients": "posts"}

Agent = Callable[[Inbox], Awaitable[None]]
_log = structlog.get_logger("streams.engine")


class Engine:
    """`now` in UTC milliseconds. Made on the event loop's thread, before the loop runs."""

    def __init__(self, settings: Settings, *, channels: Sequence[Channel] = (), metrics: Metrics | None = None,
                 now: Callable[[], int] = utc_ms) -> None:  # fmt: skip
        kafka, worker = settings.kafka, settings.worker
        self.metrics = metrics or Metrics()
        self._settings = settings
        self._now = now
        self._names = {one.name: one.full(kafka.topic_prefix, epoch=kafka.epoch) for one in TOPICS}
        self._channels = channels
        self._tasks: set[asyncio.Task[None]] = set()
        self._books: list[Book[Any]] = []
        self._beside: list[tuple[str, Coroutine[Any, Any, None]]] = []
        inboxes = {self._names[name] for name in INBOXES.values()}
        self._pulse = Pulse(worker.session_timeout_s)
        self.app = OrderedApp(
            settings.application, Table=RowTable, TableManager=CarefulTables, Monitor=Watched,
            **faust_settings(settings),
        )
        self.app.before_start = self._start
        self.app.before_end = self._end
        self.app.fall_silent = self._fall_silent
        self._lease = Lease(session_s=worker.session_timeout_s, rebalance_s=worker.rebalance_timeout_s,
                            clock=since_boot)  # fmt: skip
        self.app.guard = self._guard
        self._reach = Reach(kafka.bootstrap_servers, asks=lambda: not self._waiting_for(), clock=since_boot)
        self.app.listening = lambda send: heard(self._reach.noted(send), lease=self._lease, clock=since_boot)
        self.app.progress = self._progress = Progress(inboxes.__contains__)
        self.app.intake = self._intake = Intake(inboxes)
        self._sends = Sends(lambda: self.app.producer._producer, pulse=self._pulse)
        self.app.settle = self._settle
        self._delivery = Delivery({one.name: one for one in channels}, now=now, metrics=self.metrics,
                                  tell=lambda receipt: self.outbox.say("posts", receipt))  # fmt: skip
        self._bell = Bell(worker.save_ms / 1000)
        self.outbox = Outbox(partitions=kafka.partitions, bell=self._bell, deliver=self._delivery.offer,
                             metrics=self.metrics, now=now)  # fmt: skip
        self._pump = Pump(self._sends, self.outbox, bell=self._bell, gather_s=worker.gather_ms / 1000,
                          names=self._names, metrics=self.metrics,
                          load=lambda: self._intake.load)  # fmt: skip
        self._clock = Clock(INBOXES, say=self.outbox.say, now=now, metrics=self.metrics)
        breaker = Breaker(most=worker.rejected_most, least=worker.rejected_least, clock=since_boot)
        self.shell = Shell(epoch=kafka.epoch, outbox=self.outbox, pump=self._pump, progress=self._progress,
                           breaker=breaker, metrics=self.metrics, now=now, reading=lambda: not self._waiting_for(),
                           name_of={full: name for name, full in self._names.items()})  # fmt: skip
        self._kafka_away = ""
        self._tables: list[RowTable] = []
        self._store = self._opened_store()
        self._connected = partial(Changelogs.connected, kafka)
        self._saving = None if self._store is None else Saving(
            self._store, self._tables, connected=self._connected, settled=self._pump.settled, now=now,
            metrics=self.metrics,
        )  # fmt: skip
        progress = RecoveryProgress(self.metrics)
        self.app.restoring = Restoring(self._tables, store=self._store, connected=self._connected, progress=progress,
                                       metrics=self.metrics)  # fmt: skip
        self.app.beginnings = Beginnings(inbox=inboxes.__contains__, newest=self._newest, metrics=self.metrics,
                                         lost_offsets=worker.lost_offsets, page_s=worker.page_s)  # fmt: skip
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]  # Faust: loose signals
        self._watchdog = Watchdog(self.app, stall_s=worker.stall_s, patient=lambda name: name not in inboxes,
                                  metrics=self.metrics, clock=since_boot)  # fmt: skip

    def book(self, name: str, codec: RowCodec[R], *, rules: bytes | None = None) -> Book[R]:
        """The rows of one table, with their changelog `<app id>-<name>-changelog`. `rules`: as in `Book`."""
        table: Any = self.app.Table(name, key_type=bytes, value_type=bytes, partitions=self._settings.kafka.partitions)
        book: Book[R] = Book(table, codec, sends=self._sends, clock=self._clock, changed=self._bell.later,
                             metrics=self.metrics, rules=rules)  # fmt: skip
        self._books.append(book)
        self._tables.append(table)
        return book

    def _opened_store(self) -> Store | None:
        kafka, worker = self._settings.kafka, self._settings.worker
        names = (worker.app_id, kafka.topic_prefix, kafka.partitions, kafka.epoch, FORMAT)
        store = Store(worker.datadir / "rows", names=names, now=self._now, metrics=self.metrics)
        return store if worker.store and store.open() else None

    def _newest(self, tp: TP) -> int | None:
        """The newest message of an inbox partition that any row has folded; None: there are no rows of this epoch."""
        inbox = {self._names[inbox]: table for table, inbox in INBOXES.items()}
        table = next((one for one in self._tables if one.name == inbox.get(tp.topic)), None)
        return None if table is None else table.newest(tp.partition, epoch=self._settings.kafka.epoch)

    def agent(self, name: str, topics: Sequence[str], move: Agent) -> None:
        """One agent on topics given by their short names. What it raises ends the process without a commit."""
        inbox = self._intake.inbox(self._names[topic] for topic in topics)

        async def guarded(_: StreamT[Any]) -> None:
            try:
                await move(inbox)
            except Exception as error:  # noqa: BLE001  Faust would commit what the agent failed on
                _log.exception("agent_raised", agent=name)
                self.app.die("an agent raised", agent=name, error=type(error).__name__)

        self.app.agent(self._topic(*topics), name=f"leadstream.{name}", concurrency=1)(guarded)

    def beside(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """A task that runs for ever beside the agents; what it raises ends the process."""
        self._beside.append((name, work))

    def _topic(self, *names: str) -> TopicT:
        return self.app.topic(*(self._names[name] for name in names), key_type=bytes, value_type=bytes,
                              key_serializer="raw", value_serializer="raw", allow_empty=True)  # fmt: skip

    def worker(self, loop: asyncio.AbstractEventLoop) -> faust.Worker:
        """Faust's worker; its `execute_from_commandline` runs until a signal."""
        self._pump.carry(self._books)
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        worker = PunctualWorker(self.app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
        worker.spinner = None  # it writes to the terminal, which is our log
        return worker

    async def _start(self) -> None:
        self._spawn("pulse", self._pulse.run())
        health = Health(age_s=self._pulse.age_s, ready=self._not_ready, exposed=self._exposed)
        host, port = self._settings.worker.host, self._settings.worker.port
        try:
            port = health.serve(host, port)
        except OSError as error:
            die("nobody can ask for health: LEADSTREAM_WORKER__HOST and __PORT", host=host, port=port,
                error=error.strerror)  # fmt: skip
        _log.info("worker_serves", host=host, port=port)
        changelogs = [f"{self._settings.application}-{book.name}-changelog" for book in self._books]
        await check_topics(self._settings.kafka, [*self._names.values(), *changelogs], tell=self._told)
        self._spawn("pump", self._pump.run())
        self._spawn("clock", self._clock.run(lambda: not self._waiting_for()))
        self._spawn("delivery", self._delivery.run())
        self._spawn("watchdog", self._watchdog.run())
        self._spawn("reach", self._reach.run())
        self._spawn("sweep", self._sweep().run())
        if self._saving is not None:
            every_s = self._settings.worker.store_every_s
            self._spawn("saving", self._saving.run(every_s, lambda: not self._waiting_for()))
        for name, work in self._beside:
            self._spawn(name, work)

    async def _end(self) -> None:
        if self._saving is not None:
            await self._saving.last()

    async def _fall_silent(self) -> None:
        """What was folded is committed, and Faust is about to leave the group and to take the producer away.

        Until then everything that was said must have landed, and afterwards nobody may say anything: no tick, no
        receipt. The pump stays, for the last commit asks it.
        """
        pump = next((task for task in self._tasks if task.get_name() == "pump"), None)
        speak = [task for task in self._tasks if task.get_name() not in LAST]
        for task in speak:
            task.remove_done_callback(self._ended)  # what one says of being ended ends nobody
            task.cancel()
        await asyncio.gather(*speak, return_exceptions=True)
        if pump is not None:
            await self._pump.settled()

    def _sweep(self) -> Sweep:
        return Sweep(self._books, ends=self._ends, read=reader(self._settings.kafka),
                     awake=lambda: not self._waiting_for(), metrics=self.metrics)  # fmt: skip

    async def _ends(self, tps: Sequence[TP]) -> Mapping[TP, int]:
        said = await self.app.consumer.highwaters(*tps) if tps else {}
        return {tp: end for tp, end in said.items() if end is not None}

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.app.die("a task of the engine broke", task=task.get_name(), error=repr(error))

    async def _assigned(self, _: object, assigned: set[TP], **__: object) -> None:
        self.metrics.count("rebalances")
        _log.info("partitions_assigned", partitions=len(assigned))

    async def _guard(self, *, records: bool) -> None:
        """Before each request of the producer: neither a sleeper nor a worker without partitions may send records."""
        self._pulse.check()
        if records:
            await self._lease.held()

    async def _settle(self) -> None:
        await self._pump.settled()
        self.metrics.count("commits")

    def _told(self, why: str) -> None:
        self._kafka_away = why

    def _waiting_for(self) -> str:
        """Why this worker does not read, "" when it does."""
        app = self.app
        if self._kafka_away:
            return self._kafka_away
        if app.restoring.progress.running:
            return f"rows ({app.restoring.progress.said()})"
        if app.rebalancing or app._consumer is None:
            return "partitions"
        if not app.tables.actives_ready:
            return "rows"
        return "" if self._progress.positions() else "partitions"

    def _not_ready(self) -> str:
        """The same, and whether Kafka answers: what people ask."""
        return self._waiting_for() or self._reach.away()

    def channel_states(self) -> tuple[ChannelState, ...]:
        """How the channels of this worker stand."""
        return self._delivery.states()

    def _exposed(self) -> bytes:
        metrics = self.metrics
        metrics.gauge("ready", 0 if self._not_ready() else 1)
        metrics.gauge("kafka_silent_seconds", self._reach.silent_s)
        metrics.gauge("held_decisions", self.outbox.held)
        metrics.gauge("store_bytes", self._store.size if self._store is not None else 0)
        holders: Sequence[Bounded] = (self._intake, self._pump, self._sends, self._clock, self._delivery, *self._books)
        metrics.bounded(bound for holder in holders for bound in holder.bounds())
        metrics.bounded(Bound(f"remembered_{what}", *full) for what, full in lookups().items())
        for name, resting in self._delivery.resting().items():
            metrics.gauge("channel_resting", int(resting), name)
        for book in self._books:
            metrics.gauge("rows", len(book), book.name)
            metrics.gauge("wakes", self._clock.waiting(book.name), book.name)
            metrics.gauge("outdated_rows", self._clock.outdated(book.name), book.name)
        return metrics.exposed()
