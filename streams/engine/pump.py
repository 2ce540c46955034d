"""The one task that hands rows and effects to the producer, rows first, every few milliseconds.

It is the only sender of what was gathered, so that nothing overtakes within a partition, and it is never cancelled by
Faust: the last commit of a worker that stops still needs it. When it was idle, the first thing to come leaves at once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from streams.engine.book import Book
from streams.engine.exits import Die, die
from streams.engine.outbox import Outbox
from streams.engine.sends import Sends
from streams.metrics import Metrics

__all__ = ["MOST_GATHERED", "Pump"]

MOST_GATHERED: Final = 8 * 1024 * 1024  # bytes of effects: above it agents wait
MOST_ROWS: Final = 20_000


class Pump:
    """Wakes when something was gathered (`wanted`), waits `gather_s` since the last turn, and sends it all."""

    def __init__(self, sends: Sends, outbox: Outbox, *, wanted: asyncio.Event, gather_s: float,
                 names: Mapping[str, str], metrics: Metrics, die: Die = die) -> None:  # fmt: skip
        self._sends = sends
        self._outbox = outbox
        self._gather_s = gather_s
        self._names = names
        self._metrics = metrics
        self._die = die
        self._books: Sequence[Book[Any]] = ()
        self._wanted = wanted
        self._hurry = asyncio.Event()
        self._turned = asyncio.Condition()
        self._turns = 0

    def carry(self, books: Sequence[Book[Any]]) -> None:
        """Whose rows are sent."""
        self._books = books

    async def run(self) -> None:
        """Sends for ever. Whatever goes wrong here ends the process: a row or an effect may be lost."""
        loop = asyncio.get_running_loop()
        last = 0.0
        try:
            while True:
                await self._wanted.wait()
                await asyncio.sleep(0)  # let the agent finish its block
                if (rest := last + self._gather_s - loop.time()) > 0 and not self._hurry.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._hurry.wait(), rest)
                self._wanted.clear()
                self._hurry.clear()
                await self._turn()
                last = loop.time()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, something may be lost
            self._die("the pump broke", error=repr(error))

    async def _turn(self) -> None:
        for book in self._books:
            before = book.written
            await book.flush()
            if written := book.written - before:
                self._metrics.count("rows_written", book.name, n=written)
        for topic, partition, key, value in self._outbox.take():
            await self._sends.send(self._names[topic], value, key=key, partition=partition)
            self._metrics.count("effects", topic)
        async with self._turned:
            self._turns += 1
            self._turned.notify_all()

    async def _next_turn(self) -> None:
        """Returns after a whole turn that began after this call."""
        async with self._turned:
            due = self._turns + 2  # one may be under way
            while self._turns < due:
                self._wanted.set()
                self._hurry.set()
                await self._turned.wait()

    async def settled(self) -> None:
        """Returns when all rows and effects of what was folded until now are acknowledged.

        Twice: when the rows of the first round are safe, the decisions that waited for them go out in the second.
        """
        for _ in range(2):
            await self._next_turn()
            await self._sends.landed()
            await asyncio.sleep(0)

    async def ebb(self) -> None:
        """Waits while too much is gathered: the agents read no faster than Kafka takes."""
        while self._outbox.gathered_bytes > MOST_GATHERED or sum(book.gathered for book in self._books) > MOST_ROWS:
            await self._next_turn()
