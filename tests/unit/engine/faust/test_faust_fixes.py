"""What stock Faust does, shown without a race, and what ours does instead.

A test that fails on its stock half after an upgrade says that a fix has become needless.
"""

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka.consumer.fetcher import Fetcher, FetchResult
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.structs import TopicPartition
from faust.tables.recovery import Recovery
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.transport.producer import ProducerBuffer
from faust.types import TP
from mode import Service

from streams.engine.faust.careful_consumer import FETCH_WAIT_MS, CarefulConsumer, Only, QuickConsumerThread
from streams.engine.faust.careful_producer import PatientBuffer
from streams.engine.faust.faust_fixes import CarefulRecovery, CarefulTables, EngineApp
from streams.engine.faust.order import OrderedApp
from streams.engine.guards.exits import STOPPED
from streams.engine.reading.beginnings import Beginnings
from streams.engine.reading.intake import Intake
from streams.engine.reading.progress import Progress
from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.engine.rows.restoring import Restoring
from streams.engine.rows.table import RowTable
from streams.logs import SERVICES
from streams.metrics import Metrics
from tests.unit.engine.conftest import Died, raising

INBOX = TP("inbox", 0)


def engine_app() -> EngineApp:
    app = EngineApp("fixed", Table=RowTable, TableManager=CarefulTables, store="memory://", web_enabled=False)
    app.die = raising
    app.progress = Progress(lambda _: True, die=raising)

    async def settle() -> None: ...

    app.settle = settle
    metrics = Metrics()
    app.restoring = Restoring([], store=None, connected=nowhere, progress=RecoveryProgress(metrics), metrics=metrics)
    app.beginnings = Beginnings(inbox=lambda _: True, newest=lambda _: None, metrics=metrics, die=raising)
    app.intake = Intake()
    return app


def nowhere() -> Any:
    raise AssertionError("nothing is to be restored")


def stock_app() -> faust.App:
    return faust.App("stock", store="memory://", web_enabled=False)


# ─── commits
async def test_stock_steps_over_a_record_that_nobody_worked_off() -> None:
    consumer = stock_app().consumer
    assert type(consumer) is Consumer
    consumer._committed_offset[INBOX] = 37
    consumer._acked[INBOX] = [38, 39]
    assert consumer._filter_committable_offsets([INBOX]) == {INBOX: 40}


async def test_ours_commits_what_was_worked_off_and_nothing_else() -> None:
    app = engine_app()
    consumer: Any = app.consumer
    assert type(consumer) is CarefulConsumer
    app.progress.start({INBOX: 37})
    consumer._committed_offset[INBOX] = 37
    consumer._acked[INBOX] = [38, 39]
    assert consumer._filter_committable_offsets([INBOX]) == {}
    app.progress.begin(INBOX, 37)
    app.progress.finish(INBOX, 37)
    assert consumer._filter_committable_offsets([INBOX]) == {INBOX: 38}
    assert not consumer._acked[INBOX]  # Faust's own list is not read any more and must not grow


async def test_aiokafka_says_that_a_lost_record_is_flushed() -> None:
    """Why the commit looks at each future: flush is a wait, and a failed batch is a done one."""
    accumulator = MessageAccumulator(SimpleNamespace(leader_for_partition=lambda _: 0), 1_000, 0, 30)
    future = await accumulator.add_message(TopicPartition("t", 0), b"k", b"v", 1.0)
    (batch,) = accumulator._batches[TopicPartition("t", 0)]
    accumulator._pending_batches.add(batch)
    batch.failure(KafkaTimeoutError())
    await accumulator.flush()
    assert isinstance(future.exception(), KafkaTimeoutError)


async def test_ours_commits_only_after_everything_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    app = engine_app()
    consumer: Any = app.consumer
    order: list[str] = []

    async def settle() -> None:
        order.append("settled")

    async def stock(self: object, offsets: object, **_: object) -> bool:
        order.append("committed")
        return True

    app.settle = settle
    monkeypatch.setattr(Consumer, "_commit_offsets", stock)
    await consumer._commit_offsets({INBOX: 1})
    assert order == ["settled", "committed"]


# ─── the producer's buffer
class Gate:
    """A buffer whose sends wait for the test."""

    def __init__(self, kind: type[ProducerBuffer]) -> None:
        self.buffer = kind()
        self.buffer.app = SimpleNamespace(conf=SimpleNamespace(producer_threaded=False))  # type: ignore[assignment]
        self.open = asyncio.Event()
        self.sent = 0

    def put(self, count: int) -> None:
        for _ in range(count):
            self.buffer.put(SimpleNamespace(message=SimpleNamespace(channel=self)))  # type: ignore[arg-type]

    async def drained(self) -> None:
        """Lets everything through, so that the buffer may stop."""
        self.open.set()
        while self.buffer.size:
            await asyncio.sleep(0)

    async def publish_message(self, fut: object, *, wait: bool) -> None:
        await self.open.wait()
        self.sent += 1


async def test_stock_flush_gives_up_after_a_tenth_of_a_second() -> None:
    gate = Gate(ProducerBuffer)
    gate.put(3)
    async with gate.buffer:
        await asyncio.wait_for(gate.buffer.flush(), 20)
        assert gate.sent == 0
        await gate.drained()


async def test_stock_flush_forgets_the_record_in_its_hand() -> None:
    gate = Gate(ProducerBuffer)
    gate.put(1)
    async with gate.buffer:
        while gate.buffer.size:
            await asyncio.sleep(0)
        await asyncio.wait_for(gate.buffer.flush(), 20)
        assert gate.sent == 0
        await gate.drained()


@pytest.mark.parametrize("count", [1, 3])
async def test_ours_flushes_until_nothing_is_left(count: int) -> None:
    gate = Gate(PatientBuffer)
    gate.put(count)
    async with gate.buffer:
        await asyncio.sleep(0)
        flushing = asyncio.create_task(gate.buffer.flush())
        await asyncio.sleep(0.25)
        assert not flushing.done()
        gate.open.set()
        await asyncio.wait_for(flushing, 20)
        assert gate.sent == count


# ─── after restoring
class Stage:
    """The parts that Faust touches when rows are restored, writing down the order."""

    def __init__(self, app: Any) -> None:
        self.order: list[str] = []
        self.app = app
        app.consumer_generation_id = 1
        app.__dict__["_fetcher"] = SimpleNamespace(maybe_start=self._nothing)
        app._consumer = self
        app.flow_control.resume = lambda: self.order.append("queues cleared")
        app.on_rebalance_end = lambda: None

    async def _nothing(self) -> None: ...

    def assignment(self) -> set[TP]:
        return {INBOX}

    def resume_partitions(self, tps: set[TP]) -> None:
        self.order.append("records let in")

    def resume_flow(self) -> None: ...

    async def perform_seek(self) -> None:
        self.order.append("sought")

    begin_reading = perform_seek

    async def restored(self, kind: type[Recovery]) -> list[str]:
        async with kind(self.app, self.app.tables) as recovery:
            await recovery.on_recovery_completed(1)
        return self.order


async def test_stock_lets_records_in_and_then_clears_the_queues() -> None:
    """What came in between is gone, and where nothing was committed yet nothing brings it back."""
    order = await Stage(stock_app()).restored(Recovery)
    assert order.index("records let in") < order.index("queues cleared")


async def test_ours_clears_the_queues_and_then_lets_records_in() -> None:
    order = await Stage(engine_app()).restored(CarefulRecovery)
    assert order.index("sought") < order.index("queues cleared") < order.index("records let in")


# ─── before restoring
async def begun(app: Any) -> list[str]:
    """What tables do before rows are restored."""
    order, tables = list[str](), app.tables

    def noting(what: str) -> Any:
        async def noted(*_: Any) -> None:
            order.append(what)

        return noted

    tables.sleep = noting("slept")
    tables._update_channels = noting("tables started")
    tables.recovery.start = noting("restoring")
    await tables.on_start()
    return order


async def test_stock_sleeps_before_its_tables_start() -> None:
    assert await begun(stock_app()) == ["slept", "tables started", "restoring"]


async def test_ours_start_at_once() -> None:
    assert await begun(engine_app()) == ["tables started", "restoring"]


# ─── what a fetch asks for
async def fetched_while_paused(consumer: Any) -> set[TP]:
    """The partitions that a waiting fetch asks for once recovery has paused the one that it began with."""
    changelog = TP("changelog", 0)

    class Thread:
        async def getmany(self, partitions: set[TP], _: float) -> dict[TP, list[Any]]:
            consumer.pause_partitions({changelog})
            consumer.asked = partitions
            return {}

    consumer.app.flow_control.resume()
    consumer.resume_flow()
    consumer._active_partitions = {changelog}
    consumer.assignment = lambda: {changelog, INBOX}
    consumer._thread = Thread()
    await consumer._wait_next_records(timeout=1.0)
    asked: set[TP] = consumer.asked
    return asked


async def test_stock_empties_the_partitions_of_a_fetch_that_waits() -> None:
    """To aiokafka none means all (below): it reads the inboxes too, and Faust drops what it did not ask for."""
    assert await fetched_while_paused(stock_app().consumer) == set()


# ─── where reading begins
class Beginning:
    """A consumer whose offsets are given by hand."""

    def __init__(self, *, committed: int | None, earliest: int) -> None:
        self.app = engine_app()
        self.consumer: Any = self.app.consumer
        self.sought: list[tuple[TP, int]] = []
        self.consumer._committed_offset[INBOX] = committed
        self.consumer.assignment = lambda: {INBOX}
        self.consumer.perform_seek = self._nothing
        self.consumer.earliest_offsets = self._earliest
        self.consumer._thread = SimpleNamespace(
            call_thread=self._call, _ensure_consumer=lambda: SimpleNamespace(seek="seek")
        )
        self._first = earliest

    async def _nothing(self) -> None: ...

    async def _earliest(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, self._first)

    async def _call(self, what: object, tp: TP, offset: int) -> None:
        self.sought.append((tp, offset))


async def test_reading_begins_at_the_committed_offset() -> None:
    begin = Beginning(committed=12, earliest=3)
    await begin.consumer.begin_reading()
    assert begin.app.progress.positions() == {INBOX: 12}
    assert not begin.sought


async def test_reading_begins_at_the_beginning_where_nothing_was_committed() -> None:
    begin = Beginning(committed=None, earliest=0)
    await begin.consumer.begin_reading()
    assert begin.app.progress.positions() == {INBOX: 0}
    assert begin.sought == [(INBOX, 0)]


async def test_an_offset_that_fell_out_of_retention_stops_the_worker() -> None:
    """Stock follows `auto.offset.reset` and jumps without a word."""
    with pytest.raises(Died) as died:
        await Beginning(committed=2, earliest=3).consumer.begin_reading()
    assert died.value.code == STOPPED


# ─── paused partitions
@pytest.mark.parametrize(
    ("active", "taken"),
    [
        pytest.param(set(), 3, id="stock"),
        pytest.param(Only(set()), 0, id="ours"),
        pytest.param(Only({TopicPartition("inbox", 0)}), 3, id="ours when it is let in"),
    ],
)
async def test_what_is_taken_while_all_partitions_are_paused(active: Any, taken: int) -> None:
    """Faust hands aiokafka the set of partitions that may be read; aiokafka takes an empty one for all."""
    inbox = TopicPartition("inbox", 0)
    batch = FetchResult.__new__(FetchResult)
    batch._topic_partition = inbox
    batch._partition_records = iter([1, 2, 3])
    batch.check_assignment = lambda _: True
    batch._update_position = lambda: None
    fetcher = SimpleNamespace(
        _subscriptions=SimpleNamespace(reassignment_in_progress=False, is_assigned=lambda _: True),
        _records={inbox: batch},
        _notify=lambda _: None,
        _wait_consume_future=None,
    )
    drained = await Fetcher.fetched_records(fetcher, active, timeout=0)
    assert len(drained.get(inbox, [])) == taken


# ─── the rest
@pytest.mark.parametrize(
    ("kind", "wait_ms"),
    [
        pytest.param(AIOKafkaConsumerThread, 1_500, id="stock"),
        pytest.param(QuickConsumerThread, FETCH_WAIT_MS, id="ours"),
    ],
)
async def test_how_long_an_empty_fetch_holds_the_connection(kind: type[AIOKafkaConsumerThread], wait_ms: int) -> None:
    app: Any = stock_app()
    app.listening = lambda send: send
    consumer = kind(app.consumer)._create_worker_consumer(app.transport)
    consumer._closed = True
    assert consumer._fetch_max_wait_ms == wait_ms


@pytest.mark.parametrize(("kind", "closed"), [(stock_app, ["closed"]), (engine_app, ["committed", "settled"])])
async def test_what_a_rebalance_does_to_a_worker_that_stops(
    kind: Callable[[], faust.App], closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stock closes the consumer: as far as its own stop knows it is stopped then, and nobody says that it leaves."""
    app: Any = kind()
    consumer, done = app.consumer, list[str]()

    async def noted(what: str) -> None:
        done.append(what)

    monkeypatch.setattr(consumer, "close", lambda: done.append("closed"))
    monkeypatch.setattr(consumer, "wait_empty", lambda: noted("committed"))
    app.settle = lambda: noted("settled")
    app._stopped.set()
    await consumer.on_partitions_revoked({INBOX})
    assert done == closed


def test_a_crash_of_faust_ends_the_process() -> None:
    """The graceful path would commit and may hang."""
    with pytest.raises(Died, match="Faust crashed"):
        engine_app()._crash(RuntimeError("x"))


# ─── logs
def services(of: type[Service]) -> Iterator[type[Service]]:
    for one in of.__subclasses__():
        yield one
        yield from services(one)


def test_our_services_are_as_quiet_as_faust_is() -> None:
    assert issubclass(OrderedApp, EngineApp)
    names = {one.logger.name for one in services(Service)}
    assert {name for name in names if name.startswith("streams.")} == set(SERVICES)
