"""The way round Kafka: nothing lost, nothing overtaken, and straight on again when it is over."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from producers.collector.spool.records import Spooled, parse
from producers.collector.spool.replay import joined
from producers.collector.spool.spooling import with_spool
from producers.errors import SinkRefused, SpoolFailed, SpoolFull
from producers.metrics import REGISTRY
from producers.settings import Settings, SpoolSettings
from producers.sinks.base import Sink
from producers.sinks.memory import MemorySink
from tests.unit.producers.desk import until
from tests.unit.producers.spool_disks import MemoryDisk

TOPIC = "leadstream.visits.v1"


class Kafka(MemorySink):
    """Kafka that is renewed, and refuses what it will never take."""

    def __init__(self, *, held: bool = False) -> None:
        super().__init__(held=held)
        self.renewed: list[str] = []

    def write(
        self, topic: str, *, partition: int, value: bytes, key: bytes | None = None
    ) -> "asyncio.Future[None]":
        if not self.down and value == b'["too long"]':
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.set_exception(SinkRefused("too long"))
            return future
        return super().write(topic, partition=partition, value=value, key=key)

    def renew(self, why: str) -> None:
        self.renewed.append(why)
        super().renew(why)


@asynccontextmanager
async def way(
    kafka: Kafka, disk: MemoryDisk | None = None, *, now_ms: Callable[[], int] = lambda: 1_000, most: int = 1 << 20,
    **spool: float,
) -> AsyncIterator[Sink]:  # fmt: skip
    settings = Settings(secret=SecretStr("no secret, only long enough"),
                        spool=SpoolSettings(directory="nowhere", **{"group_ms": 0, **spool}))  # fmt: skip
    collector = settings.collector.model_copy(update={"outstanding_bytes": 2 * most})  # fewer than may be set
    settings = settings.model_copy(update={"collector": collector})
    made = with_spool(settings, kafka, now_ms=now_ms, disk=disk or MemoryDisk())
    await made.start()
    assert not made.not_ready()
    yield made
    await asyncio.wait_for(made.close(deadline_s=1), 20)


def numbers(kafka: Kafka, partition: int = 0) -> list[int]:
    """What Kafka has, in order, copies left out."""
    found = [int(one) for block in kafka.values(TOPIC, partition=partition) for one in block[1:-1].split(b",")]
    return list(dict.fromkeys(found))


def write(sink: Sink, number: int, *, partition: int = 0) -> "asyncio.Future[None]":
    return sink.write(TOPIC, partition=partition, value=b"[%d]" % number)


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_while_kafka_answers_the_disk_is_not_touched() -> None:
    kafka, disk = Kafka(), MemoryDisk()
    async with way(kafka, disk) as sink:
        await write(sink, 1)
        assert (numbers(kafka), disk.files, sink.detour()) == ([1], {}, "")


async def test_a_silent_kafka_costs_one_budget_and_the_later_ones_do_not_wait() -> None:
    kafka, disk = Kafka(held=True), MemoryDisk()
    async with way(kafka, disk, budget_s=0.05) as sink:
        first = write(sink, 1)
        await asyncio.wait_for(first, 20)
        assert kafka.renewed == ["no acknowledgement within 0.05 s"]
        assert sink.detour()
        assert not sink.not_ready(), "it takes deliveries, so it stays ready"
        kafka.down = "away"
        await asyncio.wait_for(write(sink, 2), 20)
        assert len(disk.files) == 1
        kafka.down, kafka.held = "", False
        await until(lambda: not sink.detour())
        assert (numbers(kafka), disk.files) == ([1, 2], {})


async def test_what_was_under_way_keeps_its_place_before_what_came_later() -> None:
    kafka = Kafka(held=True)
    async with way(kafka, budget_s=0.05) as sink:
        flying = [write(sink, number) for number in range(5)]
        await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        kafka.held = False
        behind = [write(sink, number) for number in range(5, 10)]
        await asyncio.gather(*flying, *behind)
        await until(lambda: not sink.detour())
        await write(sink, 10)
        assert numbers(kafka) == [*range(11)]


async def test_under_steady_traffic_it_closes_all_the_same_and_keeps_the_order() -> None:
    """What comes during the last steps is held, else there would always be something left."""
    kafka = Kafka(held=True)
    async with way(kafka, budget_s=0.2, group_ms=2) as sink:
        sent = 0

        async def traffic() -> None:
            nonlocal sent
            while True:
                write(sink, sent)
                sent += 1
                await asyncio.sleep(0.0005)

        running = asyncio.create_task(traffic())
        await until(sink.detour)
        kafka.held = False
        await until(lambda: not sink.detour())
        running.cancel()
        await until(lambda: len(numbers(kafka)) == sent)
        assert numbers(kafka) == [*range(sent)]


async def test_held_records_go_to_the_spool_when_kafka_falls_silent_again() -> None:
    kafka = Kafka(held=True)
    async with way(kafka, budget_s=0.05) as sink:
        await asyncio.wait_for(write(sink, 1), 20)  # over its budget: the circuit is open
        await until(lambda: kafka.waiting)  # the replay of it
        await asyncio.wait_for(write(sink, 2), 20)
        kafka.acknowledge()
        await until(lambda: kafka.waiting)  # the last step begins
        third = write(sink, 3)
        await asyncio.sleep(0)
        assert not third.done()
        await asyncio.wait_for(third, 20)
        assert numbers(kafka) == [1]
        kafka.held = False
        kafka.acknowledge()
        await until(lambda: not sink.detour())
        assert numbers(kafka) == [1, 2, 3]


async def test_too_many_bytes_under_way_open_it() -> None:
    kafka, disk = Kafka(held=True), MemoryDisk()
    async with way(kafka, disk, most=10, budget_s=60) as sink:
        flying = [write(sink, number) for number in range(10, 15)]
        await asyncio.wait_for(asyncio.gather(*flying), 20)
        assert "bytes wait for Kafka" in sink.detour()
        kafka.held = False


async def test_what_an_earlier_process_left_goes_first() -> None:
    disk = MemoryDisk()
    kafka = Kafka()
    async with way(kafka, disk) as sink:
        kafka.down = "away"
        await asyncio.gather(*(write(sink, number) for number in range(4)))
    kafka.down = ""
    async with way(kafka, disk) as sink:
        assert sink.detour() == "an earlier process left records"
        await write(sink, 4)
        await until(lambda: not sink.detour())
        assert numbers(kafka) == [0, 1, 2, 3, 4]


async def test_a_full_spool_refuses_says_so_and_takes_again_when_there_is_room() -> None:
    """F13: a disk without space, and a spool at its bytes."""
    kafka, disk = Kafka(), MemoryDisk()
    async with way(kafka, disk) as sink:
        kafka.down = "away"
        await write(sink, 1)

        def full(step: str) -> None:
            if step == "half a write":
                raise OSError(errno.ENOSPC, "No space left on device")

        disk.before = full
        with pytest.raises(SpoolFull, match="disk is full: No space left on device"):
            await write(sink, 2)
        assert "disk is full" in sink.not_ready()
        disk.before = lambda _: None
        await write(sink, 3)
        kafka.down = ""
        await until(lambda: not sink.detour())
        assert numbers(kafka) == [1, 3]


async def test_bytes_and_age_bound_it() -> None:
    kafka = Kafka()
    now = 1_000
    async with way(kafka, now_ms=lambda: now, max_bytes=1 << 20, max_age_s=100) as sink:
        kafka.down = "away"
        big = b"[" + b"1" * 400_000 + b"]"
        await sink.write(TOPIC, partition=0, value=big)
        await sink.write(TOPIC, partition=0, value=big)
        with pytest.raises(SpoolFull, match="reached 1048576 bytes"):
            await sink.write(TOPIC, partition=0, value=big)
        await write(sink, 1)
        now += 101_000
        with pytest.raises(SpoolFull, match="older than 100 s"):
            await write(sink, 2)
        assert metric("leadstream_spool_oldest_seconds") == 101


async def test_a_disk_that_fails_otherwise_is_told_apart() -> None:
    kafka, disk = Kafka(), MemoryDisk()
    async with way(kafka, disk) as sink:
        kafka.down = "away"

        def broken(step: str) -> None:
            if step == "sync":
                raise OSError(errno.EIO, "Input/output error")

        disk.before = broken
        with pytest.raises(SpoolFailed):
            await write(sink, 1)
        disk.before = lambda _: None
        kafka.down = ""


async def test_what_kafka_will_never_take_is_set_aside_and_holds_up_nobody() -> None:
    kafka, disk = Kafka(), MemoryDisk()
    async with way(kafka, disk) as sink:
        with pytest.raises(SinkRefused):
            await sink.write(TOPIC, partition=0, value=b'["too long"]')
        assert not sink.detour(), "one bad record is no outage"
        kafka.down = "away"
        await sink.write(TOPIC, partition=1, value=b'["too long"]')
        await write(sink, 1)
        kafka.down = ""
        await until(lambda: not sink.detour())
        assert numbers(kafka) == [1]
        assert parse(disk.aside, final=True).records == [Spooled(TOPIC, 1, b'["too long"]')]


async def test_a_replay_that_fails_begins_again_and_skips_nothing() -> None:
    class Odd(Kafka):
        odd = 0

        def write(
            self, topic: str, *, partition: int, value: bytes, key: bytes | None = None
        ) -> "asyncio.Future[None]":
            if self.odd and not self.down and partition == 1:
                self.odd -= 1
                raise RuntimeError("nobody thought of this")
            return super().write(topic, partition=partition, value=value, key=key)

    kafka = Odd()
    async with way(kafka, budget_s=0.01) as sink:
        kafka.down = "away"
        await asyncio.gather(*(write(sink, number, partition=number % 3) for number in range(30)))
        kafka.odd, kafka.down = 2, ""
        await until(lambda: not sink.detour())
        assert [numbers(kafka, partition) for partition in range(3)] == [[*range(n, 30, 3)] for n in range(3)]


async def test_many_requests_share_one_sync() -> None:
    kafka, disk = Kafka(), MemoryDisk()
    told: list[str] = []
    disk.before = told.append
    async with way(kafka, disk, group_ms=5) as sink:
        kafka.down = "away"
        await write(sink, 0)
        await asyncio.gather(*(write(sink, number) for number in range(1, 200)))
        assert told.count("sync") <= 4
        kafka.down = ""


async def test_before_kafka_has_answered_once_it_is_not_ready_though_it_takes() -> None:
    """Wrong settings must not fill the disk behind a balancer."""
    kafka = Kafka()
    kafka.down = "Kafka has not answered yet"
    settings = Settings(secret=SecretStr("no secret, only long enough"), spool=SpoolSettings(directory="nowhere"))
    sink = with_spool(settings, kafka, now_ms=lambda: 1_000, disk=MemoryDisk())
    await sink.start()
    await write(sink, 1)
    assert sink.not_ready() == "Kafka has not answered yet"
    kafka.down = ""
    await until(lambda: not sink.detour())
    assert not sink.not_ready()
    assert numbers(kafka) == [1]
    await sink.close(deadline_s=1)


def test_consecutive_blocks_leave_as_one_up_to_the_limit_and_records_with_a_key_as_they_are() -> None:
    blocks = [Spooled("t", 0, b"[%d]" % number) for number in (1, 2, 3, 4)]
    keyed = Spooled("t", 0, b"{}", b"site")
    made = [one.value for one in joined([*blocks, keyed, *blocks[:2]], limit=9)]
    assert made == [b"[1,2,3]", b"[4]", b"{}", b"[1,2]"]
