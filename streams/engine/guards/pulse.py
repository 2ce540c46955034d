"""The zombie guard: a process that slept past its session no longer owns its partitions and must not send.

CLOCK_BOOTTIME counts on while a machine sleeps; the monotonic clock does not.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from streams.engine.guards.exits import Die, die

__all__ = ["BEAT_S", "Pulse", "since_boot"]

BEAT_S: Final = 0.5
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_boot() -> float:
    """Seconds since boot, sleep included."""
    return time.clock_gettime(_CLOCK)


class Pulse:
    """Beats twice a second on the event loop. `check()` stands before every request to a broker."""

    def __init__(self, limit_s: float, *, clock: Callable[[], float] = since_boot, die: Die = die) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._die = die
        self._last = clock()

    def check(self) -> None:
        """Ends the process if the last beat is older than the session timeout."""
        if (gap := self.age_s()) > self._limit_s:
            self._die("slept past the session timeout", gap_s=round(gap, 1), limit_s=self._limit_s)

    def age_s(self) -> float:
        """Seconds since the last beat: how long the event loop has not answered."""
        return self._clock() - self._last

    def beat(self) -> None:
        """One beat; a late one ends the process."""
        self.check()
        self._last = self._clock()

    def start(self) -> None:
        """Counts from here: what came before was not ours to lose."""
        self._last = self._clock()

    async def run(self) -> None:
        """Beats for ever."""
        self.start()
        while True:
            self.beat()
            await asyncio.sleep(BEAT_S)
