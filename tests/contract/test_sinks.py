"""What every sink does: written once, run on memory and on real brokers."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from kafka import KafkaConsumer, TopicPartition

from deploy.local.topics import apply, wanted
from producers.errors import SinkUnavailable
from producers.sinks.base import Sink
from producers.sinks.kafka import KafkaSink
from producers.sinks.memory import MemorySink
from tests.integration.brokers import broker, needed
from tests.unit.producers.desk import until

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

    async def test_what_cannot_be_written_is_our_error(self, broken: Sink) -> None:
        """`broken` has nowhere to write to; nothing blocks and nothing else is raised."""
        assert broken.not_ready()
        with pytest.raises(SinkUnavailable):
            await asyncio.wait_for(broken.write("leadstream.visits.v1", partition=0, value=b"[]"), 5)


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
