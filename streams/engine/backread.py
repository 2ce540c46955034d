"""Records of one partition from its beginning to where it ends now, beside the agents and without a group.

What is read here is worked off nowhere and committed nowhere; whoever reads twice must not mind.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kafka_access.access import Where
from streams.engine.rows.consumers import lone_consumer
from streams.engine.shell import Raw
from streams.errors import ReadingStopped

__all__ = ["Backread", "Batch"]

AT_ONCE: Final = 500
WAIT_MS: Final = 1_000
PATIENCE: Final = 30  # waits without a record
FETCH_BYTES: Final = 2 * 1024 * 1024


class Batch(NamedTuple):
    """Some records, and how far they lead: `done` of `total` offsets."""

    records: Sequence[Raw]
    done: int
    total: int


class Backread:
    """`names`: short name -> topic on the broker."""

    def __init__(self, servers: Where, names: Mapping[str, str]) -> None:
        self._servers = servers
        self._names = names

    async def read(self, topic: str, partition: int, *, newest: int | None = None) -> AsyncGenerator[Batch]:
        """All records, or about the `newest`; the first batch is empty and says how many. Raises ReadingStopped."""
        where = TopicPartition(self._names[topic], partition)
        async with self._consumer() as consumer:
            try:
                consumer.assign([where])
                first, end = await _bounds(consumer, where)
                if newest is not None:
                    first = max(first, end - newest)
                consumer.seek(where, first)
                yield Batch((), 0, end - first)
                async for records in _until(consumer, where, end):
                    raws = [Raw(topic, partition, one.offset, one.key, one.value) for one in records]
                    yield Batch(raws, raws[-1].offset + 1 - first, max(end, raws[-1].offset + 1) - first)
            except (KafkaError, OSError) as error:
                raise ReadingStopped(f"{topic}.{partition}: {error!r}") from error

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = lone_consumer(
            self._servers, auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES,
            client_id="leadstream-backread",
        )  # fmt: skip
        try:
            await consumer.start()
        except (KafkaError, OSError) as error:
            await consumer.stop()
            raise ReadingStopped(repr(error)) from error
        try:
            yield consumer
        finally:
            await consumer.stop()


async def _bounds(consumer: AIOKafkaConsumer, where: TopicPartition) -> tuple[int, int]:
    beginnings, ends = await consumer.beginning_offsets([where]), await consumer.end_offsets([where])
    return beginnings[where], ends[where]


async def _until(consumer: AIOKafkaConsumer, where: TopicPartition, end: int) -> AsyncIterator[Sequence[Any]]:
    """Batches up to the end; the first fetch knows better where that is than the embedded broker's own answer."""
    idle, known = 0, False
    while await consumer.position(where) < end:
        found = (await consumer.getmany(where, timeout_ms=WAIT_MS, max_records=AT_ONCE)).get(where, ())
        if not known and found:
            end, known = max(end, consumer.highwater(where) or 0), True
        idle = 0 if found else idle + 1
        if idle > PATIENCE:
            raise ReadingStopped(f"no record for {PATIENCE} s before offset {end}")
        if found:
            yield found
