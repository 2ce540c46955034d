"""Keeps our rows the last ones in their changelogs, whatever a worker that lost its partitions had on its way.

Its guard keeps a zombie from sending (`pulse.py`, `lease.py`), but what it had handed to the kernel, to a proxy or to a
broker's queue arrives when it arrives: minutes later, behind newer rows of ours. Restoring keeps the highest version,
so that harms nobody until compaction removes the newer row because an older one lies behind it. So the owner looks
after its tails: what it did not write itself it reads, and where its own row is as new, that is sent again.

- Nothing is read where all is ours: the only cost is a question for the ends, every few seconds.
- It needs no record of ours to be there still: the row in memory counts, so compaction cannot outrun an owner.
- A strange row that is *newer* than ours, or that we do not have yet, stays: its sender had read further than we have,
  so we shall come to the same message and write behind it. Nothing of ours takes a row away.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from kafka_access.access import Where
from streams.engine.rows.consumers import lone_consumer
from streams.engine.rows.tails import Span, Tails
from streams.metrics import Metrics

__all__ = ["EVERY_S", "Read", "Sweep", "Swept", "reader"]

EVERY_S: Final = 5.0
ANSWER_S: Final = 30.0
POLL_MS: Final = 200

Strange = tuple[bytes | None, bytes | None]
"""Key and value of a record that we did not write."""

_log = structlog.get_logger("streams.engine")


class Read(Protocol):
    """Reads a span of one partition."""

    def __call__(self, tp: TP, span: Span, /) -> AsyncIterator[Strange]:
        """Its records, as far as compaction left them. Raises KafkaError, OSError, TimeoutError."""


class Swept(Protocol):
    """The book, as the sweep sees it."""

    @property
    def name(self) -> str:
        """Of its table."""

    @property
    def tails(self) -> Tails:
        """Of its changelog."""

    def overrule(self, key: bytes, value: bytes | None) -> bool:
        """Sends our row again unless that one is newer or the same; whether it does."""

    def is_behind(self, key: bytes, value: bytes | None) -> bool:
        """Whether that one is newer than ours."""


class Sweep:
    """`ends`: the end offsets of partitions; `awake()`: the partitions are ours and their rows are here."""

    def __init__(self, books: Sequence[Swept], *, ends: Callable[[Sequence[TP]], Awaitable[Mapping[TP, int]]],
                 read: Read, awake: Callable[[], bool], metrics: Metrics) -> None:  # fmt: skip
        self._books = books
        self._ends = ends
        self._read = read
        self._awake = awake
        self._metrics = metrics
        self._still: dict[TP, Span] = {}  # what lay behind our last record when we looked last

    async def run(self) -> None:
        """Looks for ever. Where Kafka does not answer, the next look sees the same."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._awake():
                try:
                    await self.look()
                except (KafkaError, OSError, TimeoutError, RuntimeError) as error:  # the last: the consumer is stopping
                    _log.warning("sweep_put_off", error=repr(error))

    async def look(self) -> int:
        """One look at all tails; how many rows are sent again."""
        async with asyncio.timeout(ANSWER_S):
            ends = await self._ends([tp for book in self._books for tp in book.tails.followed()])
        again = 0
        for book in self._books:
            for tp in book.tails.followed():
                for span in self._spans(book.tails, tp, ends.get(tp, 0)):
                    again += await self._sweep(book, tp, span)
        return again

    def _spans(self, tails: Tails, tp: TP, end: int) -> list[Span]:
        """Gaps, and what lies behind our last record for the second time: before, it may be ours on its way."""
        spans, ours = tails.gaps(tp), tails.end(tp)
        if ours is None or end <= ours:
            self._still.pop(tp, None)
            return spans
        seen = self._still.get(tp)
        self._still[tp] = (ours, end)
        if seen is not None and seen[0] == ours:
            spans.append(seen)
        return spans

    async def _sweep(self, book: Swept, tp: TP, span: Span) -> int:
        async with asyncio.timeout(ANSWER_S):
            found = [one async for one in self._read(tp, span)]
        if not self._awake() or book.tails.end(tp) is None:
            return 0  # the partition moved meanwhile: whoever has it restored has seen them
        if not any(book.is_behind(key, value) for key, value in found if key is not None):
            book.tails.looked_at(tp, span)  # else a copy of our rows would claim to hold the newer one
        again = sum(book.overrule(key, value) for key, value in found if key is not None)
        self._metrics.count("strange_records", book.name, n=len(found))
        _log.warning("strange_records", table=book.name, partition=tp.partition, offsets=span, records=len(found),
                     sent_again=again)  # fmt: skip
        return again


def reader(servers: Where) -> Read:
    """Reads with a consumer of its own that lives as long as one span: strange records are rare."""

    async def read(tp: TP, span: Span, /) -> AsyncIterator[Strange]:
        where = TopicPartition(tp.topic, tp.partition)
        consumer: Any = lone_consumer(servers)
        try:
            await consumer.start()
            consumer.assign([where])
            consumer.seek(where, span[0])
            while await consumer.position(where) < span[1]:
                for one in (await consumer.getmany(where, timeout_ms=POLL_MS)).get(where, ()):
                    if one.offset < span[1]:
                        yield one.key, one.value
        finally:
            await consumer.stop()

    return read
