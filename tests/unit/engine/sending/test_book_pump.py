"""Rows and effects on their way out: what is sent when, and what waits for what."""

import asyncio
from collections.abc import AsyncIterator, Container
from random import Random

import faust
import pytest

from schemas.activity import Version
from schemas.topics import partition_of
from schemas.touches import Tick
from streams.core.effects import Effects
from streams.core.rows import NO_RULES, header
from streams.engine.guards.pulse import Pulse
from streams.engine.rows.table import RowTable
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import SAVED, Book
from streams.engine.sending.outbox import Outbox
from streams.engine.sending.pump import Pump
from streams.engine.sending.sends import Sends
from streams.metrics import Metrics
from tests.integration.toys import CODEC, Pile
from tests.unit.engine.conftest import Died, FakeProducer, raising
from tests.unit.engine.sending.test_outbox import move


class Waker:
    def __init__(self) -> None:
        self.noted: list[tuple[str, str, int | None]] = []
        self.outdated: set[str] = set()
        self.forgotten: tuple[str, Container[bytes]] = ("", ())

    def note(self, table: str, key: str, wake_at: int | None, *, outdated: bool = False) -> None:
        self.noted.append((table, key, wake_at))
        (self.outdated.add if outdated else self.outdated.discard)(key)

    def forget(self, table: str, gone: Container[bytes]) -> None:
        self.forgotten = (table, gone)


class Desk:
    """A book, an outbox and their pump over a producer that the test answers for."""

    def __init__(self, producer: FakeProducer, *, later_s: float = 0.005) -> None:
        self.app = faust.App("desk", Table=RowTable, store="memory://", web_enabled=False)
        self.table = self.app.Table("leads", key_type=bytes, value_type=bytes, partitions=4)
        self.producer = producer
        self.sends = Sends(lambda: producer, pulse=Pulse(1_000), die=raising)  # type: ignore[arg-type, return-value]
        bell = Bell(later_s=later_s)
        self.waker = Waker()
        self.outbox = Outbox(partitions=4, bell=bell, deliver=lambda _: None, metrics=Metrics(), now=lambda: 0)
        self.book: Book[Pile] = Book(
            self.table, CODEC, sends=self.sends, clock=self.waker, changed=bell.later, metrics=Metrics()
        )
        names = {name: name for name in ("touches", "transitions")}
        self.pump = Pump(self.sends, self.outbox, bell=bell, gather_s=0.001, names=names, metrics=Metrics(),
                         load=lambda: "calm", die=raising)  # fmt: skip
        self.pump.carry([self.book])

    def topics(self) -> list[str]:
        return [topic for topic, *_ in self.producer.sent]


@pytest.fixture
async def desk(producer: FakeProducer) -> AsyncIterator[Desk]:
    one = Desk(producer)
    running = asyncio.create_task(one.pump.run())
    yield one
    running.cancel()


async def until(seen: object, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not seen():  # type: ignore[operator]
            await asyncio.sleep(0.001)


def pile(offset: int, *names: str, wake_at: int | None = None) -> Pile:
    return Pile(Version(0, offset), offset, wake_at, {name: Version(0, offset) for name in names})


async def test_a_row_goes_to_its_own_partition_of_the_changelog(desk: Desk) -> None:
    desk.book.put("ann", pile(3, "a", wake_at=50))
    await until(lambda: desk.producer.sent)
    ((topic, partition, key, value),) = desk.producer.sent
    assert (topic, partition, key) == ("desk-leads-changelog", partition_of("ann", 4), b"ann")
    assert value is not None
    assert header(value) == (Version(0, 3), 50, NO_RULES)
    assert desk.waker.noted == [("leads", "ann", 50)]


async def test_the_same_row_again_writes_nothing(desk: Desk) -> None:
    row = pile(1, "a")
    desk.book.put("ann", row)
    await until(lambda: desk.producer.sent)
    assert desk.book.put("ann", row) is not SAVED  # still on its way: a decision must wait
    desk.producer.acknowledge()
    await asyncio.sleep(0)
    assert desk.book.put("ann", row) is SAVED
    assert len(desk.producer.sent) == 1


async def test_decisions_leave_only_after_their_row_is_acknowledged(desk: Desk) -> None:
    saved = desk.book.put("ann", pile(1, "a"))
    desk.outbox.send(Effects(touches=(Tick(to="x", at=1),), transitions=(move(1),)), after=saved)
    await until(lambda: len(desk.producer.sent) == 2)
    await asyncio.sleep(0.02)
    assert desk.topics() == ["desk-leads-changelog", "touches"]
    desk.producer.acknowledge()
    await until(lambda: len(desk.producer.sent) == 3)
    assert desk.topics()[-1] == "transitions"


async def test_settled_covers_decisions_that_are_still_held(desk: Desk) -> None:
    """Rows, then what waited for them: both rounds before anything is committed."""
    saved = desk.book.put("ann", pile(1, "a"))
    desk.outbox.send(Effects(transitions=(move(1),)), after=saved)
    settled = asyncio.create_task(desk.pump.settled())
    await until(lambda: desk.producer.sent)
    await asyncio.sleep(0.02)
    assert not settled.done()
    desk.producer.acknowledge()
    await until(lambda: len(desk.producer.sent) == 2)
    assert not settled.done()
    desk.producer.acknowledge()
    await asyncio.wait_for(settled, 20)


async def test_a_row_put_twice_before_it_is_sent_is_sent_once(desk: Desk) -> None:
    first = desk.book.put("ann", pile(1, "a"))
    second = desk.book.put("ann", pile(2, "a", "b"))
    assert first is second
    await until(lambda: desk.producer.sent)
    assert len(desk.producer.sent) == 1
    assert desk.book.get("ann") == pile(2, "a", "b")


async def test_a_send_that_fails_ends_the_process(producer: FakeProducer) -> None:
    sends = Sends(lambda: producer, pulse=Pulse(1_000), die=raising)  # type: ignore[arg-type, return-value]
    await sends.send("t", 0, [(None, b"v")])
    (future,) = producer.futures
    future.set_exception(ConnectionError("gone"))
    problems: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))
    await asyncio.sleep(0)
    assert isinstance(problems[0], Died)


async def test_a_full_outbox_makes_agents_wait(desk: Desk) -> None:
    for number in range(10):
        desk.outbox.tell("touches", Tick(to="x" * 890_000, at=number))
    assert desk.outbox.gathered_bytes > 8 * 1024 * 1024
    desk.producer.at_once = True
    await asyncio.wait_for(desk.pump.ebb(), 20)
    assert desk.outbox.gathered_bytes == 0


async def test_a_deleted_row_leaves_as_a_tombstone_in_order(desk: Desk) -> None:
    desk.book.put("ann", pile(1, "a"))
    await until(lambda: desk.producer.sent)
    del desk.table[b"ann"]
    desk.book.put("bob", pile(1, "b"))
    await until(lambda: len(desk.producer.sent) == 3)
    assert [(key, value is None) for _, _, key, value in desk.producer.sent] == [
        (b"ann", False),
        (b"ann", True),
        (b"bob", False),
    ]


# ─── company
@pytest.fixture
async def patient(producer: FakeProducer) -> AsyncIterator[Desk]:
    """Rows and cards wait for a minute here: what leaves has another reason."""
    one = Desk(producer, later_s=60)
    running = asyncio.create_task(one.pump.run())
    yield one
    running.cancel()


async def test_rows_wait_for_company_and_effects_do_not(patient: Desk) -> None:
    patient.outbox.send(Effects(touches=(Tick(to="x", at=1),)), after=patient.book.put("ann", pile(1, "a")))
    await until(lambda: patient.producer.sent)
    assert patient.topics() == ["touches"]
    assert patient.book.gathered == 1


async def test_a_row_with_a_decision_leaves_at_once_and_alone(patient: Desk) -> None:
    patient.book.put("ann", pile(1, "a"))
    saved = patient.book.put("bob", pile(1, "b"))
    patient.outbox.send(Effects(transitions=(move(1),)), after=saved)
    await until(lambda: patient.producer.sent)
    assert [key for _, _, key, _ in patient.producer.sent] == [b"bob"]
    patient.producer.acknowledge()
    await until(lambda: len(patient.producer.sent) == 2)
    assert patient.topics()[-1] == "transitions"
    assert patient.book.gathered == 1


async def test_a_commit_takes_rows_that_wait(patient: Desk) -> None:
    patient.producer.at_once = True
    patient.book.put("ann", pile(1, "a"))
    patient.book.put("ann", pile(2, "a", "b"))
    await asyncio.wait_for(patient.pump.settled(), 20)
    assert [key for _, _, key, _ in patient.producer.sent] == [b"ann"]
    assert patient.book.put("ann", patient.book.get("ann") or pile(0)) is SAVED


async def test_a_row_put_again_while_it_flies_is_not_safe_before_the_newer_one(patient: Desk) -> None:
    first = patient.book.put("ann", pile(1, "a"))
    patient.outbox.send(Effects(transitions=(move(1),)), after=first)
    await until(lambda: patient.producer.sent)
    row = pile(2, "a", "b")
    second = patient.book.put("ann", row)
    patient.producer.acknowledge()
    await until(lambda: first.done)
    assert not second.done
    assert patient.book.put("ann", row) is second


async def test_a_row_that_is_asked_for_only_on_its_way_is_safe_when_all_of_its_lane_are(patient: Desk) -> None:
    first, last = [name for name in map(str, range(99)) if partition_of(name, 4) == 0][:2]
    patient.producer.batch_bytes = 1
    rows = {first: pile(1, "a"), last: pile(2, "b")}
    for name, row in rows.items():
        patient.book.keep(name, row)
    settled = asyncio.create_task(patient.pump.settled())
    await until(lambda: len(patient.producer.sent) == 2)
    patient.producer.land(patient.producer.futures[0])
    await asyncio.sleep(0)
    asked = [patient.book.put(name, row) for name, row in rows.items()]
    assert not any(one.done for one in asked)
    patient.producer.acknowledge()
    await asyncio.wait_for(settled, 20)
    assert all(one.done for one in asked)
    assert [patient.book.put(name, row) for name, row in rows.items()] == [SAVED, SAVED]


@pytest.mark.parametrize("seed", range(20))
async def test_killed_at_any_moment_no_decision_is_out_whose_row_is_not_safe(producer: FakeProducer, seed: int) -> None:
    """What a kill leaves is what was sent until then; of its rows only those that were acknowledged are sure."""
    random = Random(seed)
    desk = Desk(producer, later_s=random.choice([0.001, 60]))
    producer.batch_bytes = random.choice([60, 1_000_000])
    running = asyncio.create_task(desk.pump.run())
    taken: dict[int, tuple[bytes, int]] = {}  # the number of a move: the row that took it, with its offset
    safe: dict[bytes, int] = {}
    for offset in range(60):
        name = random.choice(["ann", "bob", "eve"])
        saved = desk.book.put(name, pile(offset, "a"))
        if random.random() < 0.3:
            taken[offset] = (name.encode(), offset)
            desk.outbox.send(Effects(transitions=(move(offset),)), after=saved)
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0.001)
        if (waiting := [one for one in producer.futures if not one.done()]) and random.random() < 0.5:
            producer.land(random.choice(waiting))
        _check(producer, taken, safe)
    running.cancel()
    assert safe


def _check(producer: FakeProducer, taken: dict[int, tuple[bytes, int]], safe: dict[bytes, int]) -> None:
    """Every move that was sent follows a row of its offset or a later one that is acknowledged."""
    begins = 0
    for count, future in zip(producer.batches, producer.futures, strict=True):
        records, begins = producer.sent[begins : begins + count], begins + count
        for topic, _, key, value in records:
            if topic == "transitions" and key is not None:
                row, offset = taken[int(key.rpartition(b":")[2])]
                assert safe.get(row, -1) >= offset
            elif future.done() and key is not None and value is not None:
                safe[key] = max(safe.get(key, -1), header(value).version.offset)
