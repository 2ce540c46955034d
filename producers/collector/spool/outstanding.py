"""What was accepted and is not yet safe: counted in bytes, because the Kafka producer has no bound of its own."""

from asyncio import Future
from functools import partial
from typing import Final

from producers.collector.latch import Latch
from producers.collector.spool.dropped import count_dropped, count_dropped_record
from producers.errors import SinkError, SinkFull, SinkUnavailable
from producers.metrics import BOUNDS, OUTSTANDING
from producers.sinks.base import Sink

__all__ = ["Outstanding", "sink_error"]

ONE_REQUEST: Final = 1 << 20  # whoever is let in brings no more than that, with what is added to each event


class Outstanding:
    """`most` = bytes that may wait. Single records go through here; blocks add and take their own bytes."""

    def __init__(self, sink: Sink, *, most: int) -> None:
        self._sink = sink
        self._most = most
        self.size = 0
        OUTSTANDING.set_function(lambda: self.size)
        BOUNDS.hold("outstanding_bytes", lambda: self.size, most=most + ONE_REQUEST)

    def admit(self, events: int) -> None:
        """So many events may come in. Raises SinkFull while more waits than we may hold."""
        if self.size > self._most:
            error = SinkFull(f"more than {self._most} bytes wait to be safe")
            count_dropped(error, events)
            raise error

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None, latch: Latch) -> None:
        """One record; the latch hears when it is safe."""
        latch.expect()
        self.size += len(value)
        future = self._sink.write(topic, partition=partition, value=value, key=key)
        future.add_done_callback(partial(self._landed, latch, value))

    def _landed(self, latch: Latch, value: bytes, done: Future[None]) -> None:
        self.size -= len(value)
        error = sink_error(done)
        if error is not None:
            count_dropped_record(error, value)
        latch.release(error)


def sink_error(done: Future[None]) -> SinkError | None:
    """Why a record is not safe, None when it is."""
    if done.cancelled():
        return SinkUnavailable("given up")
    error = done.exception()
    return error if error is None or isinstance(error, SinkError) else SinkUnavailable(type(error).__name__)
