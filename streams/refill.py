"""Reads card topics again from their beginning into a Redis that does not hold them: one emptied, replaced, restarted.

It runs beside the agents and touches none of their offsets: the projector goes on with what is new, and of two writes
the newer version wins, so their order does not matter. Each worker fills the parts that it is assigned.
"""

import asyncio
from contextlib import aclosing
from typing import Final

import structlog

from streams.agents.cards import Write, sorted_cards
from streams.engine.backread import Backread, Batch
from streams.engine.shell import Shell
from streams.errors import ReadingStopped
from streams.metrics import Metrics
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.fills import Fills
from streams.readmodel.writer import REJECTED_KEPT

__all__ = ["LOOK_S", "Refill", "part_of"]

LOOK_S: Final = 1.0
FIRST: Final = ("alerts", "accounts", "leads", "rejected")  # people wait for alerts

_log = structlog.get_logger(__name__)


def part_of(topic: str, partition: int) -> str:
    """How a partition of a card topic is called in Redis."""
    return f"{topic}.{partition}"


class Refill:
    """Looks every second. `write` is a projection's of its own: the projector's is in use."""

    def __init__(self, shell: Shell, backread: Backread, *, fills: Fills, write: Write, metrics: Metrics) -> None:
        self._shell = shell
        self._backread = backread
        self._fills = fills
        self._write = write
        self._metrics = metrics

    async def run(self) -> None:
        """Looks for ever. Where Redis or Kafka is away it looks again later."""
        while True:
            try:
                await self.look()
            except (ReadModelAway, ReadingStopped) as error:
                _log.debug("refill_waits", error=str(error))
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Fills what lacks of what this worker is assigned; how many parts. Raises ReadModelAway, ReadingStopped."""
        held = sorted(self._shell.held(FIRST), key=lambda one: (FIRST.index(one[0]), one[1]))
        names = [part_of(*one) for one in held]
        lacking = set(await asyncio.to_thread(self._fills.lacking, names))
        filled = 0
        for (topic, partition), part in zip(held, names, strict=True):
            if part in lacking:
                filled += await self._fill(topic, partition, part=part)
        if filled:
            _log.info("read_model_filled", parts=filled)
        return filled

    async def _fill(self, topic: str, partition: int, *, part: str) -> bool:
        """One part, from its beginning; False where it was given up, because it must be begun again."""
        newest = REJECTED_KEPT if topic == "rejected" else None
        begun = False
        async with aclosing(self._backread.read(topic, partition, newest=newest)) as batches:
            async for batch in batches:
                if not begun:
                    await asyncio.to_thread(self._fills.begin, part, total=batch.total)
                    begun = True
                elif not await asyncio.to_thread(self._written, part, batch):
                    return False
                self._metrics.count("refilled_records", topic, n=len(batch.records))
                if (topic, partition) not in self._shell.held(FIRST):
                    return False
        return await asyncio.to_thread(self._fills.end, part)

    def _written(self, part: str, batch: Batch) -> bool:
        self._write(**sorted_cards(batch.records))
        return self._fills.note(part, done=batch.done, total=batch.total)
