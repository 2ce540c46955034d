"""Reading changelogs past Faust: whole fetched batches, of a partition from an offset on, without a group.

Faust takes changelog records one by one through its event queue, 8,400 a second; this takes what a fetch brings.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeAlias
from zlib import crc32

from aiokafka import AIOKafkaConsumer, TopicPartition

from kafka_access.access import Where
from streams.engine.rows.consumers import lone_consumer

__all__ = ["AT_ONCE", "Changelogs", "Read", "sum_of"]

AT_ONCE: Final = 1_000  # records before others have their turn: about 10 ms
WAIT_MS: Final = 50  # for an answer that has nothing
FETCH_BYTES: Final = 4 * 1024 * 1024  # of one partition
BEFORE: Final = 64  # records that are looked through for the last one: the very last may be a transaction's marker

Read: TypeAlias = Any  # aiokafka.ConsumerRecord, which is untyped: key, value, offset, timestamp


def sum_of(record: Read) -> int:
    """By what a record is known again."""
    return crc32(record.value or b"", crc32(record.key or b"", record.timestamp))


class Changelogs:
    """A reader of some partitions. Offsets that are no longer there begin at the first that is."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    @classmethod
    @asynccontextmanager
    async def connected(cls, servers: Where) -> AsyncIterator[Self]:
        """Connects and lets go. Raises KafkaError."""
        consumer = lone_consumer(
            servers, client_id="leadstream-changelogs", auto_offset_reset="earliest", fetch_max_wait_ms=WAIT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
        )  # fmt: skip
        try:
            await consumer.start()
            yield cls(consumer)
        finally:
            await consumer.stop()

    async def bounds(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset and end of each. The embedded broker says an end too low; a fetch knows better (`behind`)."""
        first, end = await self._consumer.beginning_offsets(tps), await self._consumer.end_offsets(tps)
        return {tp: (first[tp], end[tp]) for tp in tps}

    def begin(self, starts: Mapping[TopicPartition, int]) -> None:
        """What to read, and from where."""
        self._consumer.assign(list(starts))
        for tp, offset in starts.items():
            self._consumer.seek(tp, offset)

    def again(self, tp: TopicPartition) -> None:
        """This one from its beginning."""
        self._consumer.seek(tp, 0)

    def done(self, tps: Iterable[TopicPartition]) -> None:
        """These need not be read any more."""
        self._consumer.pause(*tps)

    async def batch(self) -> Mapping[TopicPartition, list[Read]]:
        """What lies ready, at most 1,000 records."""
        found: Mapping[Any, list[Read]] = await self._consumer.getmany(timeout_ms=WAIT_MS, max_records=AT_ONCE)
        return found

    async def behind(self, tp: TopicPartition) -> int | None:
        """Records between here and the end; None until a fetch has said where the end is."""
        end = self._consumer.highwater(tp)
        return None if end is None else max(0, end - await self._consumer.position(tp))

    async def newest(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, tuple[int, Read]]:
        """End and last record of each that has any."""
        bounds = await self.bounds(tps)
        filled = {tp: max(first, end - BEFORE) for tp, (first, end) in bounds.items() if end > first}
        self.begin(filled)
        seen: dict[TopicPartition, Read] = {}
        ends: dict[TopicPartition, int] = {}
        while len(ends) < len(filled):
            for tp, records in (await self.batch()).items():
                seen[tp] = records[-1]
            for tp in filled.keys() - ends.keys():
                if await self.behind(tp) == 0:
                    ends[tp] = await self._consumer.position(tp)
                    self.done([tp])
        return {tp: (ends[tp], seen[tp]) for tp in ends if tp in seen}
