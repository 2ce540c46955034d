"""Block records: the deliveries of many requests in one Kafka record per partition.

A lone delivery leaves at once. When blocks left less than `wait_s` ago, the next deliveries gather until that time is
over, or until their block has `limit` bytes; then all partitions leave together, so that the producer makes one request
of them. With many partitions the wait grows, so that one collector writes no more than some 2,000 blocks a second.
"""

from asyncio import AbstractEventLoop, Future
from typing import Final

from producers.collector.latch import Latch
from producers.collector.spool.dropped import count_dropped_record
from producers.collector.spool.outstanding import Outstanding, sink_error
from producers.errors import SinkError, SinkUnavailable
from producers.metrics import ACK_SECONDS, BLOCK_BYTES, BLOCKS
from producers.sinks.base import Sink
from schemas.codec import encode_block

__all__ = ["Blocks"]

MOST_BLOCKS_PER_S: Final = 2_000
LONGEST_WAIT_S: Final = 0.05
SWEEP_S: Final = 0.25


class _Block:
    """Deliveries on their way, and the requests that wait for them."""

    __slots__ = ("deliveries", "latches", "sent_at", "size")

    def __init__(self) -> None:
        self.deliveries: list[bytes] = []
        self.latches: list[Latch] = []
        self.size = 0
        self.sent_at = 0.0


class Blocks:
    """Gathers messages for one topic. `limit` = bytes of a block; `wait_s` and `timeout_s` are seconds."""

    def __init__(
        self, loop: AbstractEventLoop, sink: Sink, outstanding: Outstanding, *,
        topic: str, partitions: int, wait_s: float, limit: int, timeout_s: float,
    ) -> None:  # fmt: skip
        self._loop = loop
        self._sink = sink
        self._outstanding = outstanding
        self._topic = topic
        self._wait_s = min(max(wait_s, partitions / MOST_BLOCKS_PER_S), max(wait_s, LONGEST_WAIT_S))
        self._limit = limit
        self._timeout_s = timeout_s
        self._open: list[_Block | None] = [None] * partitions
        self._left_at = float("-inf")
        self._armed = False
        self._flying: dict[_Block, None] = {}
        self._sweeping = False

    def add(self, partition: int, message: bytes, latch: Latch) -> None:
        """One message for this partition; the latch hears when it is safe."""
        latch.expect()
        size = len(message)
        block = self._open[partition]
        if block is not None and block.size + size > self._limit:
            self._send(partition, block)
            block = None
        if block is None:
            block = self._open[partition] = _Block()
            if not self._armed:
                self._arm()
        block.deliveries.append(message)
        block.latches.append(latch)
        block.size += size
        self._outstanding.size += size
        if block.size >= self._limit:
            self._send(partition, block)

    def stalled(self) -> bool:
        """Whether the oldest block is neither safe nor lost for too long."""
        oldest = next(iter(self._flying), None)
        return oldest is not None and self._loop.time() - oldest.sent_at > self._timeout_s

    def flush(self) -> None:
        """Sends what gathers now."""
        self._armed = False
        self._left_at = self._loop.time()
        for partition, block in enumerate(self._open):
            if block is not None:
                self._send(partition, block)

    def _arm(self) -> None:
        self._armed = True
        due = self._left_at + self._wait_s
        if self._loop.time() >= due:
            self._loop.call_soon(self.flush)
        else:
            self._loop.call_at(due, self.flush)

    def _send(self, partition: int, block: _Block) -> None:
        self._open[partition] = None
        block.sent_at = self._loop.time()
        self._flying[block] = None
        BLOCKS.inc()
        BLOCK_BYTES.observe(block.size)
        value = encode_block(block.deliveries)
        future = self._sink.write(self._topic, partition=partition, value=value)
        block.deliveries = []
        future.add_done_callback(lambda done: self._landed(block, value, done))
        if not self._sweeping:
            self._sweeping = True
            self._loop.call_later(SWEEP_S, self._sweep)

    def _landed(self, block: _Block, value: bytes, done: Future[None]) -> None:
        del self._flying[block]
        self._outstanding.size -= block.size
        ACK_SECONDS.observe(self._loop.time() - block.sent_at)
        error = sink_error(done)
        if error is not None:
            count_dropped_record(error, value)
        _release(block, error)

    def _sweep(self) -> None:
        """Answers the requests whose block is not safe in time; the bytes stay outstanding until it is, or is lost."""
        too_old = self._loop.time() - self._timeout_s
        for block in self._flying:
            if block.sent_at > too_old:
                break
            _release(block, SinkUnavailable(f"no acknowledgement within {self._timeout_s} s"))
        self._sweeping = bool(self._flying)
        if self._sweeping:
            self._loop.call_later(SWEEP_S, self._sweep)


def _release(block: _Block, error: SinkError | None) -> None:
    latches, block.latches = block.latches, []
    for latch in latches:
        latch.release(error)
