"""A channel that fails is left in peace: longer each time, and then one attempt asks whether it is back.

So a receiver that is down meets one attempt now and then, not every post that is due; when it is back, all go on.
"""

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["FIRST_S", "LONGEST_S", "Rest"]

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
_MOST_DOUBLINGS: Final = 16


class Rest:
    """One channel's. `clock` in seconds; `chance` gives 0..1, so that many workers do not come back at once."""

    def __init__(self, *, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._until = 0.0
        self._asking = False
        self._news = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether the channel works, as far as we know."""
        return self._failures == 0

    @property
    def failures(self) -> int:
        """How many attempts failed in a row."""
        return self._failures

    @property
    def left_s(self) -> float:
        """How long it still rests before the next attempt."""
        return 0.0 if self.is_open else max(0.0, self._until - self._clock())

    async def over(self) -> None:
        """Returns when an attempt may be made: at once while the channel works, else to one attempt at a time."""
        while not self.is_open:
            if self._asking:
                await self._news.wait()
            elif (rest_s := self._until - self._clock()) > 0:
                await asyncio.sleep(rest_s)
            else:
                self._asking = True
                return

    def worked(self) -> None:
        """An attempt got its answer, yes or no."""
        self._failures = 0
        self._told()

    def failed(self, *, retry_after_s: float) -> None:
        """An attempt failed: rests as long as the receiver asks, at least twice as long as before, a minute at most.

        Attempts that were under way together fail together: that is one failure.
        """
        if self._failures and not self._asking:
            return
        own_s = FIRST_S * 2 ** min(self._failures, _MOST_DOUBLINGS)
        self._failures += 1
        rest_s = min(max(own_s, retry_after_s), LONGEST_S)
        self._until = self._clock() + rest_s * (0.5 + self._chance() / 2)
        self._told()

    def _told(self) -> None:
        self._asking = False
        self._news.set()
        self._news = asyncio.Event()
