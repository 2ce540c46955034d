"""The one task that hands rows and effects to the producer, rows first.

What others wait for (touches, signals, posts, decisions with their rows) leaves every few milliseconds, and at once
after a pause; rows and cards wait for company up to a tenth of a second, or for the commit. While records lie ready to
be read, nobody gains by haste: the turns are fewer then, and the blocks of the next hop larger; fewer still while the
worker is behind.

It is the only sender of what was gathered, so that nothing overtakes within a partition, and it is never cancelled by
Faust: the last commit of a worker that stops still needs it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from streams.engine.guards.exits import Die, die
from streams.engine.reading.intake import Load
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import Book
from streams.engine.sending.outbox import Outbox
from streams.engine.sending.sends import KeyValue, Sends
from streams.metrics import Bound, Metrics

__all__ = ["LONGER", "MOST_GATHERED", "Pump"]

MOST_GATHERED: Final = 8 * 1024 * 1024  # bytes of effects: above it agents wait
MOST_ROWS: Final = 20_000  # rows and cards: the same
LONGER: Final[Mapping[Load, int]] = {"calm": 1, "busy": 20, "behind": 50}  # so many times longer is gathered


class Pump:
    """Turns when the bell rings, `gather_s` after the last turn at the soonest. `load()`: how much lies ready."""

    def __init__(self, sends: Sends, outbox: Outbox, *, bell: Bell, gather_s: float, names: Mapping[str, str],
                 metrics: Metrics, load: Callable[[], Load], die: Die = die) -> None:  # fmt: skip
        self._sends = sends
        self._outbox = outbox
        self._bell = bell
        self._gather_s = gather_s
        self._names = names
        self._metrics = metrics
        self._load = load
        self._die = die
        self._books: Sequence[Book[Any]] = ()
        self._turned = asyncio.Condition()
        self._turns = 0

    def carry(self, books: Sequence[Book[Any]]) -> None:
        """Whose rows are sent."""
        self._books = books

    async def run(self) -> None:
        """Sends for ever. Whatever goes wrong here ends the process: a row or an effect may be lost."""
        loop, bell = asyncio.get_running_loop(), self._bell
        last = 0.0
        try:
            while True:
                await bell.rung()
                await asyncio.sleep(0)  # let the agent finish its block
                await bell.company(last - loop.time() + self._gather_s * LONGER[self._load()])
                await self._turn(everything=bell.answer())
                last = loop.time()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, something may be lost
            self._die("the pump broke", error=repr(error))

    async def _turn(self, *, everything: bool) -> None:
        for book in self._books:
            if written := await book.flush(everything=everything):
                self._metrics.count("rows_written", book.name, n=written)
        lanes: dict[tuple[str, int], list[KeyValue]] = {}
        for topic, partition, key, value in self._outbox.take(everything=everything):
            lanes.setdefault((topic, partition), []).append((key, value))
        for (topic, partition), records in lanes.items():
            await self._sends.send(self._names[topic], partition, records)
            self._metrics.count("effects", topic, n=len(records))
        async with self._turned:
            self._turns += 1
            self._turned.notify_all()

    async def _next_turn(self) -> None:
        """Returns after a whole turn that began after this call and took everything."""
        async with self._turned:
            due = self._turns + 2  # one may be under way
            while self._turns < due:
                self._bell.now()
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
        while self.full:
            await self._next_turn()

    @property
    def full(self) -> bool:
        """Whether so much is gathered that agents must wait (`ebb`). Asked after each record."""
        return self._outbox.gathered_bytes > MOST_GATHERED or self._kept() > MOST_ROWS

    def _kept(self) -> int:
        kept = self._outbox.cards
        for book in self._books:
            kept += book.gathered
        return kept

    def bounds(self) -> list[Bound]:
        """What is gathered. One block's worth may come on top: an agent waits after it, not in it."""
        return [Bound("gathered_bytes", self._outbox.gathered_bytes, MOST_GATHERED),
                Bound("gathered_rows_and_cards", self._kept(), MOST_ROWS)]  # fmt: skip
