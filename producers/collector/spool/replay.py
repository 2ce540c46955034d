"""From the spool back to Kafka, in order: one block at a time for each partition, so that nothing overtakes.

Consecutive blocks of a partition leave as one, which makes draining many times faster than the outage filled. The
place is noted only after all acknowledgements, so a crash replays some records twice: the same events, harmless.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from producers.collector.spool.records import Spooled
from producers.collector.spool.spool import Spool
from producers.errors import SinkError, SinkRefused
from producers.logs import log
from producers.metrics import REPLAYED
from producers.sinks.base import Sink

__all__ = ["Replay", "joined"]

WINDOW: Final = 1 << 20  # bytes that are read and replayed at once
LOOK_S: Final = 0.05  # how often it looks whether Kafka is back
ANSWER_S: Final = 5.0  # what Kafka may take for one block before it is asked anew
AGAIN_S: Final = 0.5


class Replay:
    """`block_bytes` = what joined blocks may have."""

    def __init__(self, sink: Sink, spool: Spool, *, block_bytes: int) -> None:
        self._sink = sink
        self._spool = spool
        self._block_bytes = block_bytes

    async def step(self) -> int:
        """Takes one window to Kafka and returns how many bytes wait behind it, 0 where all is there."""
        while self._sink.not_ready():  # noqa: ASYNC110  (a sink says so when it is asked)
            await asyncio.sleep(LOOK_S)
        try:
            window = await self._spool.read(WINDOW)
        except OSError as error:
            log.error("spool_unreadable", error=type(error).__name__, says=str(error))
            await asyncio.sleep(AGAIN_S)
            return WINDOW
        if window is None:
            return 0
        await asyncio.gather(*map(self._write, _by_partition(window.records)))
        await self._spool.advance(window)
        REPLAYED.inc(len(window.records))
        return window.left

    async def _write(self, records: Sequence[Spooled]) -> None:
        """Returns when Kafka has all of them, or will never take them."""
        for record in joined(records, limit=self._block_bytes):
            while not await self._is_safe(record):
                pass

    async def _is_safe(self, record: Spooled) -> bool:
        """One attempt; after one that failed, a pause."""
        try:
            sent = self._sink.write(record.topic, partition=record.partition, value=record.value, key=record.key)
            await asyncio.wait_for(sent, ANSWER_S)
        except SinkRefused as error:
            return await self._set_aside(record, str(error))
        except TimeoutError:
            self._sink.renew(f"no acknowledgement within {ANSWER_S:g} s")
        except SinkError:
            await asyncio.sleep(AGAIN_S)
        else:
            return True
        return False

    async def _set_aside(self, record: Spooled, why: str) -> bool:
        try:
            await self._spool.set_aside(record, why=why)
        except OSError:
            await asyncio.sleep(AGAIN_S)
            return False
        return True


def joined(records: Iterable[Spooled], *, limit: int) -> Iterator[Spooled]:
    """Consecutive blocks as one of at most `limit` bytes; what has a key is no block."""
    waiting: list[Spooled] = []
    size = 0
    for record in records:
        if waiting and (record.key is not None or size + len(record.value) > limit):
            yield _one(waiting)
            waiting, size = [], 0
        if record.key is not None:
            yield record
        else:
            waiting.append(record)
            size += len(record.value)
    if waiting:
        yield _one(waiting)


def _one(blocks: Sequence[Spooled]) -> Spooled:
    if len(blocks) == 1:
        return blocks[0]
    return blocks[0]._replace(value=b"[" + b",".join(one.value[1:-1] for one in blocks) + b"]")


def _by_partition(records: Iterable[Spooled]) -> Iterable[Sequence[Spooled]]:
    groups: dict[tuple[str, int], list[Spooled]] = {}
    for one in records:
        groups.setdefault((one.topic, one.partition), []).append(one)
    return groups.values()
