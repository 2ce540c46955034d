"""Where the story is played: the collector, the clock, chance, and the voice that tells what happens."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Final

from producers.simulate.browser import Browser
from producers.simulate.cast import Cast, cast
from producers.simulate.post import Collector

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS", "Stage"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Stage:
    """`pace` stretches the pauses: 1 for people who watch, 0 for tests."""

    def __init__(self, collector: Collector, random: Random, *, now_ms: Callable[[], int], pace: float) -> None:
        self.collector = collector
        self.random = random
        self.now_ms = now_ms
        self.cast: Cast = cast(random)
        self._pace = pace

    def tell(self, who: str, what: str) -> None:
        """One line of the story."""
        at = datetime.fromtimestamp(self.now_ms() / 1_000, UTC).strftime("%H:%M:%S")
        sys.stdout.write(f"{at}  {who:<10} {what}\n")
        sys.stdout.flush()

    async def pause(self, seconds: float) -> None:
        """Lets the audience look."""
        await asyncio.sleep(seconds * self._pace)

    def browser(self) -> Browser:
        """Somebody's browser, never seen before."""
        return Browser(self.random)

    async def visit(self, browser: Browser, *paths: str, at: int, dwell_ms: int = 24_000) -> int:
        """Reads these pages one after the other from `at` on; returns the time after the last one."""
        events: list[bytes] = []
        for path in paths:
            dwell = round(dwell_ms * self.random.uniform(0.7, 1.3))
            events += browser.read(path, at=at, dwell_ms=dwell, interactions=self.random.randint(3, 14))
            at += dwell + self.random.randint(500, 2_500)
        await self.collector.browse(browser, events)
        return at
