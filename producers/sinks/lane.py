"""Records of one partition: those that wait, and the batch that is on its way."""

import asyncio
from asyncio import Future
from collections import deque
from typing import NamedTuple

from producers.errors import SinkError
from producers.sinks.batch import Batch

__all__ = ["Lane", "Record"]


class Record(NamedTuple):
    """One record, and who waits for it."""

    key: bytes | None
    value: bytes
    future: "Future[None]"


class Lane:
    """One partition of one topic. Nothing overtakes: one batch is on its way, the rest waits."""

    __slots__ = ("_alone", "flying", "partition", "topic", "waiting")

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.waiting: deque[Record] = deque()
        self.flying: list[Record] = []
        self._alone = 0  # so many of those that wait leave one by one

    def add(self, key: bytes | None, value: bytes) -> "Future[None]":
        """The future is done when the record is safe, or holds a SinkError."""
        future: Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(Record(key, value, future))
        return future

    def ready(self) -> bool:
        """Whether a batch may leave."""
        return bool(self.waiting) and not self.flying

    def depart(self, *, most: int) -> Batch:
        """What waits, at most so many bytes, but at least one record. They are flying from here on."""
        batch = Batch(most=most)
        limit = 1 if self._alone else len(self.waiting)
        while len(self.flying) < limit and batch.append(key=self.waiting[0].key, value=self.waiting[0].value):
            self.flying.append(self.waiting.popleft())
        self._alone = max(0, self._alone - 1)
        return batch

    def landed(self) -> None:
        """All replicas have the batch."""
        flying, self.flying = self.flying, []
        for record in flying:
            if not record.future.done():
                record.future.set_result(None)

    def split(self) -> bool:
        """Kafka will never take this batch: its records go one by one, so that only the bad one is lost.

        False where it had one only.
        """
        if len(self.flying) < 2:
            return False
        self._alone += len(self.flying)
        self.waiting.extendleft(reversed(self.flying))
        self.flying = []
        return True

    def fail(self, error: SinkError, *, all_of_them: bool) -> None:
        """The batch is lost; with it what waits behind it, where that would fare no better."""
        lost, self.flying = self.flying, []
        if all_of_them:
            lost = [*lost, *self.waiting]
            self.waiting.clear()
            self._alone = 0
        for record in lost:
            if not record.future.done():
                record.future.set_exception(error)
