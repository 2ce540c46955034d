"""What every sink does: written once, run on memory and on real brokers."""

import asyncio
import errno
import random
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from kafka import KafkaConsumer, TopicPartition
from pydantic import SecretStr

from deploy.local.topics import apply, wanted
from producers.collector.spool.spooling import with_spool
from producers.errors import SinkError, SinkRefused, SinkUnavailable
from producers.settings import Settings, SpoolSettings
from producers.sinks.base import Sink
from producers.sinks.kafka import KafkaSink
from producers.sinks.memory import MemorySink
from tests.integration.brokers import broker, needed
from tests.unit.producers.desk import until
from tests.unit.producers.spool_disks import MemoryDisk

Reader = Callable[[int], Awaitable[list[tuple[bytes | None, bytes]]]]
PARTITIONS = 4


class SinkContract:
    """`sink` is started, `topic` exists, `read` gives key and value of all records of a partition."""

    async def test_what_was_acknowledged_can_be_read_back(self, sink: Sink, topic: str, read: Reader) -> None:
        await sink.write(topic, partition=3, value=b"[1]")
        await sink.write(topic, partition=3, key=b"site", value=b"{}")
        assert await read(3) == [(None, b"[1]"), (b"site", b"{}")]
        assert await read(0) == []

    async def test_a_partition_keeps_the_order_of_writing(self, sink: Sink, topic: str, read: Reader) -> None:
        writing = [sink.write(topic, partition=1, value=str(number).encode()) for number in range(500)]
        await asyncio.gather(*writing)
        assert [value for _, value in await read(1)] == [str(number).encode() for number in range(500)]

    async def test_a_block_of_half_a_megabyte_fits(self, sink: Sink, topic: str, read: Reader) -> None:
        value = bytes(range(256)) * 2_000
        await sink.write(topic, partition=2, value=value)
        assert await read(2) == [(None, value)]

    async def test_it_says_that_it_is_ready(self, sink: Sink) -> None:
        assert sink.not_ready() == ""

    async def test_it_goes_straight(self, sink: Sink) -> None:
        assert sink.detour() == ""

    async def test_renewed_it_writes_again_and_loses_nothing_that_it_acknowledged(
        self, sink: Sink, topic: str, read: Reader
    ) -> None:
        await sink.write(topic, partition=1, value=b"[1]")
        sink.renew("a test")
        await until(lambda: not sink.not_ready() and not sink.detour())
        await sink.write(topic, partition=1, value=b"[2]")
        assert await read(1) == [(None, b"[1]"), (None, b"[2]")]

    async def test_what_cannot_be_written_is_our_error(self, broken: Sink) -> None:
        """`broken` has nowhere to write to; nothing blocks and nothing else is raised."""
        assert broken.not_ready()
        with pytest.raises(SinkError):
            await asyncio.wait_for(broken.write("leadstream.visits.v1", partition=0, value=b"[]"), 20)


class TestMemorySink(SinkContract):
    @pytest.fixture
    def topic(self) -> str:
        return "leadstream.visits.v1"

    @pytest.fixture
    def sink(self) -> MemorySink:
        return MemorySink()

    @pytest.fixture
    def read(self, sink: MemorySink) -> Reader:
        async def reader(partition: int) -> list[tuple[bytes | None, bytes]]:
            return [(one.key, one.value) for one in sink.records if one.partition == partition]

        return reader

    @pytest.fixture
    def broken(self) -> MemorySink:
        sink = MemorySink()
        sink.down = "away"
        return sink


class TestTheWayRoundOnMemory(SinkContract):
    """The spool before a sink passes what the sink passes; with nowhere to keep anything it fails like one."""

    @pytest.fixture
    def topic(self) -> str:
        return "leadstream.visits.v1"

    @pytest.fixture
    def kafka(self) -> MemorySink:
        return MemorySink()

    @pytest_asyncio.fixture
    async def sink(self, kafka: MemorySink, tmp_path: Path) -> AsyncIterator[Sink]:
        made = with_spool(_spooling(tmp_path / "spool"), kafka, now_ms=lambda: 1_000)
        await made.start()
        yield made
        await made.close(deadline_s=5)

    @pytest.fixture
    def read(self, kafka: MemorySink) -> Reader:
        async def reader(partition: int) -> list[tuple[bytes | None, bytes]]:
            return [(one.key, one.value) for one in kafka.records if one.partition == partition]

        return reader

    @pytest_asyncio.fixture
    async def broken(self, tmp_path: Path) -> AsyncIterator[Sink]:
        kafka, disk = MemorySink(), MemoryDisk()
        kafka.down = "away"

        def full(_: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        made = with_spool(_spooling(tmp_path / "nowhere"), kafka, now_ms=lambda: 1_000, disk=disk)
        disk.before = full
        await made.start()
        yield made
        disk.before = lambda _: None
        await made.close(deadline_s=5)


class KafkaContract(SinkContract):
    """The same on a broker: `bootstrap` is its address."""

    @pytest.fixture
    def topic(self, bootstrap: str) -> str:
        prefix = f"t{uuid.uuid4().hex[:10]}."
        apply(bootstrap, wanted(PARTITIONS, prefix=prefix, app_id=prefix + "app"))
        return f"{prefix}leadstream.visits.v1"

    @pytest_asyncio.fixture
    async def sink(self, bootstrap: str, topic: str) -> AsyncIterator[KafkaSink]:
        sink = KafkaSink(bootstrap, topics=(topic,), partitions=PARTITIONS)
        await sink.start()
        await until(lambda: not sink.not_ready())
        yield sink
        await sink.close(deadline_s=5)

    @pytest.fixture
    def read(self, bootstrap: str, topic: str) -> Reader:
        async def reader(partition: int) -> list[tuple[bytes | None, bytes]]:
            return await asyncio.to_thread(_all_of, bootstrap, TopicPartition(topic, partition))

        return reader

    @pytest_asyncio.fixture
    async def broken(self) -> AsyncIterator[KafkaSink]:
        sink = KafkaSink("127.0.0.1:1", topics=("leadstream.visits.v1",), partitions=PARTITIONS)
        await sink.start()
        yield sink
        await sink.close(deadline_s=1)

    async def test_what_the_broker_will_never_take_is_told_apart(self, sink: Sink, topic: str) -> None:
        """Else it would be tried for ever and hold up the rest."""
        with pytest.raises(SinkRefused):
            await sink.write(topic, partition=PARTITIONS, value=b"[1]")
        with pytest.raises(SinkRefused, match="not written under these settings"):
            await sink.write(f"{topic}.e1", partition=0, value=b"[1]")
        with pytest.raises(SinkRefused):
            await sink.write(topic, partition=0, value=random.randbytes(5 << 20))
        await sink.write(topic, partition=0, value=b"[2]")

    async def test_a_producer_that_is_given_up_ends_its_thread(self, sink: Sink) -> None:
        """Else it would go on writing behind our back."""
        before = _senders()
        sink.renew("a test")
        await until(lambda: not sink.not_ready() and _senders() <= before)  # threads of others may end meanwhile

    async def test_a_partition_count_that_differs_is_told_and_not_written(self, bootstrap: str, topic: str) -> None:
        """Else one visitor's events would lie in two partitions."""
        sink = KafkaSink(bootstrap, topics=(topic,), partitions=PARTITIONS + 1)
        await sink.start()
        await until(lambda: "partitions" in sink.not_ready())
        with pytest.raises(SinkUnavailable, match="LEADSTREAM_KAFKA__PARTITIONS"):
            await sink.write(topic, partition=4, value=b"[]")
        await sink.close(deadline_s=5)


@pytest.mark.kafka
class TestKafkaSinkOnTheEmbeddedBroker(KafkaContract):
    @pytest.fixture
    def bootstrap(self, embedded: str) -> str:
        return embedded


@pytest.mark.apache
class TestKafkaSinkOnApacheKafka(KafkaContract):
    @pytest.fixture
    def bootstrap(self, apache: str) -> str:
        return apache


@pytest.fixture(scope="module")
def embedded() -> Iterator[str]:
    with broker("embedded") as bootstrap:
        yield bootstrap


@pytest.fixture(scope="module")
def apache() -> Iterator[str]:
    needed("apache")
    with broker("apache") as bootstrap:
        yield bootstrap


def _spooling(directory: Path) -> Settings:
    return Settings(secret=SecretStr("no secret, only long enough"), spool=SpoolSettings(directory=directory))


def _senders() -> int:
    return sum("kafka" in one.name.lower() or "sender" in type(one).__name__.lower() for one in threading.enumerate())


def _all_of(bootstrap: str, where: TopicPartition) -> list[tuple[bytes | None, bytes]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    try:
        consumer.assign([where])
        end = consumer.end_offsets([where])[where]
        consumer.seek(where, 0)
        found: list[tuple[bytes | None, bytes]] = []
        while consumer.position(where) < end:
            for records in consumer.poll(200).values():
                found += [(record.key, record.value) for record in records]
        return found
    finally:
        consumer.close()
