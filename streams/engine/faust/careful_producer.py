"""Faust's producer, where it would lose a record or double one (`faust_fixes.py`)."""

import asyncio
from contextlib import suppress
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer

from kafka_access.parting import part_at_once
from streams.engine.guards.lease import guarded
from streams.engine.sending.batch import Batch

__all__ = ["CarefulProducer", "PatientBuffer"]


class PatientBuffer(ProducerBuffer):
    """Flushes until its queue is empty and nothing is in its hand."""

    max_messages = 20_000
    _in_hand = 0

    async def _send_pending(self, fut: Any) -> None:
        self._in_hand += 1
        try:
            await super()._send_pending(fut)
        finally:
            self._in_hand -= 1

    async def flush_atmost(self, max_messages: int | None) -> int:
        """Returns when nothing is left, or `max_messages` were sent."""
        flushed = 0
        while (self.size or self._in_hand) and (max_messages is None or flushed < max_messages):
            if self.state != "running" and self.size:
                raise RuntimeError("Cannot flush: Producer not Running")
            self.message_sent.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.message_sent.wait(), timeout=0.1)
                flushed += 1
        return flushed


class CarefulProducer(driver.Producer):
    """The stock producer with the patient buffer; `guard` runs before each request leaves for a broker."""

    app: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.buffer = PatientBuffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app

    async def on_start(self) -> None:
        """Starts aiokafka's producer, puts the guard before its requests and gives it our batches."""
        await super().on_start()
        producer = self._ensure_producer()
        producer.create_batch = Batch
        client = producer.client
        part_at_once(client)
        client.send = guarded(client, self.app.guard)
