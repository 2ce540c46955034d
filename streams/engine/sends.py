"""Every record that leaves the engine goes through here, straight to the aiokafka producer, and is counted back in.

Faust's own way to send costs twice the time and forgets failures: `flush()` never raises. Here a send that fails ends
the process, so whoever waits until everything has landed may commit.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from aiokafka import AIOKafkaProducer

from streams.engine.exits import Die, die
from streams.engine.pulse import Pulse

__all__ = ["MOST_FLYING", "Sends"]

MOST_FLYING: Final = 50_000  # records: above it `send` waits


class Sends:
    """The producer with its futures. `producer` is asked for at each send: Faust makes it when the worker starts."""

    def __init__(self, producer: Callable[[], AIOKafkaProducer], *, pulse: Pulse, die: Die = die) -> None:
        self._producer = producer
        self._pulse = pulse
        self._die = die
        self._flying: set[asyncio.Future[object]] = set()

    @property
    def outstanding(self) -> int:
        """Records handed to the producer and not acknowledged yet."""
        return len(self._flying)

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, partition: int
    ) -> "asyncio.Future[object]":
        """Hands one record over; the future is done when all replicas have it. A failure ends the process."""
        self._pulse.check()
        while len(self._flying) >= MOST_FLYING:
            await asyncio.wait(set(self._flying), return_when=asyncio.FIRST_COMPLETED)
        try:
            future = await self._producer().send(topic, value, key=key, partition=partition)
        except Exception as error:  # noqa: BLE001  whatever it is, the record is lost
            self._die(
                "a record could not be handed to the producer", topic=topic, partition=partition, error=repr(error)
            )
        self._flying.add(future)
        future.add_done_callback(partial(self._landed, topic, partition))
        return future  # type: ignore[no-any-return]  # aiokafka: untyped

    def _landed(self, topic: str, partition: int, future: "asyncio.Future[object]") -> None:
        self._flying.discard(future)
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._die("a record was lost on its way", topic=topic, partition=partition, error=repr(error))

    async def landed(self) -> None:
        """Returns when everything that is flying now is acknowledged."""
        if self._flying:
            await asyncio.wait(set(self._flying))
