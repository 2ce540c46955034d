"""When the pump turns next: `soon` for what somebody waits for, `later` for rows and cards, which gain by company.

A row that is put again within its tenth of a second is written once, and many rows fill one Kafka batch. Both count:
a batch costs the producer more than a hundred rows in it.
"""

import asyncio
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Rung by books and outbox, answered by the pump. `later_s`: the longest that a row or a card waits."""

    def __init__(self, later_s: float) -> None:
        self._later_s = later_s
        self._rung = asyncio.Event()
        self._hurry = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._everything = False

    def soon(self) -> None:
        """A touch, an alert or a row with a decision waits: the next turn takes it."""
        self._rung.set()

    def later(self) -> None:
        """Rows or cards were gathered; the first one starts the clock."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._later_s, self._all)

    def _all(self) -> None:
        self._everything = True
        self._rung.set()

    def now(self) -> None:
        """Everything, without waiting for company: a commit or a full store waits."""
        self._all()
        self._hurry.set()

    async def rung(self) -> None:
        """Returns when a turn is wanted."""
        await self._rung.wait()

    async def company(self, rest_s: float) -> None:
        """Returns after `rest_s`, or when somebody hurries."""
        if rest_s > 0 and not self._hurry.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), rest_s)

    def answer(self) -> bool:
        """The turn begins: what rings from here on wants another one. Whether this one takes everything."""
        self._rung.clear()
        self._hurry.clear()
        everything, self._everything = self._everything, False
        if everything and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return everything
