"""Every record that leaves the engine goes through here, in batches of our own, and is counted back in.

Faust's way to send costs twenty times the time and forgets failures: `flush()` never raises. aiokafka's `send` makes a
future, a copy of the metadata and a log line of each record; a batch that we fill ourselves (`batch.py`) has one
future. A batch that fails ends the process, so whoever waits until everything has landed may commit.

Within a partition nothing overtakes: aiokafka keeps one batch of ours in its queue and one on its way, and `send_batch`
waits where one is queued.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from faust.types import TP

from streams.engine.guards.exits import Die, die
from streams.engine.guards.pulse import Pulse
from streams.engine.sending.batch import KeyValue
from streams.metrics import Bound

__all__ = ["MOST_FLYING", "Batching", "Fillable", "KeyValue", "Landed", "Place", "Sends"]

MOST_FLYING: Final = 50_000  # records: above it `send` waits


class Fillable(Protocol):
    """A batch that is filled once (`batch.py`)."""

    def fill(self, records: Sequence[KeyValue]) -> int:
        """Takes as many as find room, at least one; how many."""


class Batching(Protocol):
    """aiokafka's producer, as `faust_fixes.py` makes it: its batches are ours."""

    def create_batch(self) -> Fillable:
        """An empty one."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """Queues it; the future says where it lies once all replicas have it."""


class Place(Protocol):
    """Where a batch begins, as aiokafka says it."""

    @property
    def topic_partition(self) -> TP:
        """Topic and partition."""

    @property
    def offset(self) -> int:
        """Of its first record."""


Landed: TypeAlias = Callable[[Sequence[KeyValue], Place], None]


def _nobody(_: Sequence[KeyValue], __: Place) -> None:
    """Nobody waits for these records but the next commit."""


class Sends:
    """The producer with its futures. `producer` is asked for at each send: Faust makes it when the worker starts."""

    def __init__(self, producer: Callable[[], Batching], *, pulse: Pulse, die: Die = die) -> None:
        self._producer = producer
        self._pulse = pulse
        self._die = die
        self._flying: dict[asyncio.Future[Any], int] = {}
        self.outstanding = 0  # records handed to the producer and not acknowledged yet

    async def send(
        self, topic: str, partition: int, records: Sequence[KeyValue], *, landed: Landed = _nobody
    ) -> None:
        """Hands records of one partition over, in their order. `landed` hears of those that all replicas have.

        A failure ends the process, here or later.
        """
        rest = records
        while rest:
            self._pulse.check()
            await self._ebb()
            try:
                batch = self._producer().create_batch()
                filled = batch.fill(rest)
                future = await self._producer().send_batch(batch, topic, partition=partition)
            except Exception as error:  # noqa: BLE001  whatever it is, records are lost
                self._die(
                    "records could not be handed to the producer", topic=topic, partition=partition, error=repr(error)
                )
            self._flying[future] = filled
            self.outstanding += filled
            future.add_done_callback(partial(self._ended, rest[:filled], landed=landed, where=f"{topic}/{partition}"))
            rest = rest[filled:]

    def bounds(self) -> list[Bound]:
        """What is on its way. One batch may come on top."""
        return [Bound("flying_records", self.outstanding, MOST_FLYING)]

    async def _ebb(self) -> None:
        while self.outstanding >= MOST_FLYING:
            await asyncio.wait(set(self._flying), return_when=asyncio.FIRST_COMPLETED)

    def _ended(
        self, records: Sequence[KeyValue], future: "asyncio.Future[Any]", *, landed: Landed, where: str
    ) -> None:
        self.outstanding -= self._flying.pop(future)
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._die("records were lost on their way", where=where, records=len(records), error=repr(error))
        landed(records, future.result())

    async def landed(self) -> None:
        """Returns when everything that is flying now is acknowledged."""
        if self._flying:
            await asyncio.wait(set(self._flying))
