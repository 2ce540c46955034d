"""Stops a worker that rejects too much: after a bad release it must not drain the topic into `rejected`."""

from collections import deque
from collections.abc import Callable
from typing import Final

from streams.engine.guards.exits import STOPPED, Die, die

__all__ = ["WINDOW_S", "Breaker"]

WINDOW_S: Final = 60.0


class _Second:
    """What came within a second: a minute of single blocks would be a hundred thousand of them."""

    __slots__ = ("bad", "good", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.good = 0
        self.bad = 0


class Breaker:
    """`most`: the share of rejected messages that stops, once `least` were rejected within a minute."""

    def __init__(self, *, most: float, least: int, clock: Callable[[], float], die: Die = die) -> None:
        self._most = most
        self._least = least
        self._clock = clock
        self._die = die
        self._last = _Second(-WINDOW_S)
        self._seen = deque([self._last])
        self._good = 0
        self._bad = 0

    def count(self, *, good: int, bad: int) -> None:
        """One block's worth. Ends the process when the share is passed: nothing of this block is committed."""
        now = self._clock()
        if now - self._last.since >= 1:
            self._last = _Second(now)
            self._seen.append(self._last)
            while self._seen[0].since < now - WINDOW_S:
                old = self._seen.popleft()
                self._good -= old.good
                self._bad -= old.bad
        last = self._last
        last.good += good
        last.bad += bad
        self._good += good
        self._bad += bad
        if bad and self._bad >= self._least and self._bad > self._most * (self._good + self._bad):
            self._die("too many messages are rejected", code=STOPPED, rejected=self._bad, good=self._good)
