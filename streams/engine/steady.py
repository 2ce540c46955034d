"""The time that the engine goes by: the wall clock, but for its steps.

A wall clock is stepped: by an operator, by a time service that starts late, by a machine that was restored. Due times
must not fire a day early for that, nor wait a day. So time passes as it passes since boot, and is only led by the wall
clock:

- up to two seconds ahead of us it is followed at once, up to two seconds behind we wait for it at half speed: that is
  how clocks drift and how time services correct them;
- a greater difference is a step. It is believed when it has lasted for five minutes: whoever sets a clock wrong by
  mistake sets it back before, and nothing has happened. What was then right all along is late by those minutes, once.

Believing a step back is the only way for this clock to go back. Nothing breaks then: what fired is remembered by its
row, a tick says its due time whatever the time of day, and rows never look back behind the greatest time they saw.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from streams.engine.guards.pulse import since_boot

__all__ = ["BELIEVED_MS", "DRIFT_MS", "SteadyTime"]

DRIFT_MS: Final = 2_000
BELIEVED_MS: Final = 300_000

_log = structlog.get_logger("streams.engine")


class SteadyTime:
    """UTC milliseconds at each call. `wall` in UTC milliseconds, `elapsed` in seconds, sleep included."""

    def __init__(self, wall: Callable[[], int], *, elapsed: Callable[[], float] = since_boot) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._lock = threading.Lock()  # channels ask from threads of their own
        self._asked_at = elapsed()
        self._now = float(wall())
        self._stepped: tuple[float, float] | None = None  # how far, and since when (our own time)

    def __call__(self) -> int:
        """The time."""
        with self._lock:
            asked_at = self._elapsed()
            passed = (asked_at - self._asked_at) * 1_000
            self._asked_at = asked_at
            ahead = self._wall() - (self._now + passed)
            self._now += passed + self._led(ahead, passed)
            return int(self._now)

    def _led(self, ahead: float, passed: float) -> float:
        """What the wall clock adds to the time that passed: it is that much ahead of us, or behind."""
        if abs(ahead) > DRIFT_MS:
            return self._step(ahead)
        self._stepped = None
        return ahead if ahead >= 0 else max(ahead, -passed / 2)

    def _step(self, ahead: float) -> float:
        if self._stepped is None or abs(ahead - self._stepped[0]) > DRIFT_MS:
            self._stepped = (ahead, self._now)
            _log.warning("wall_clock_stepped", by_ms=int(ahead), believed_after_ms=BELIEVED_MS)
        if self._now - self._stepped[1] < BELIEVED_MS:
            return 0.0
        _log.warning("wall_clock_believed", by_ms=int(ahead))
        self._stepped = None
        return ahead
