"""In which order a worker starts and stops, and how long a stop may take."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

import faust

from streams.engine.faust.faust_fixes import EngineApp
from streams.engine.guards.exits import die

__all__ = ["OrderedApp", "PunctualWorker"]

STOP_S: Final = 25.0  # supervisors kill after 30


class OrderedApp(EngineApp):
    """Starts our tasks on the loop before Faust starts its services, and ends them before Faust ends those.

    Rows are saved once more before it lets them go.
    """

    before_start: Callable[[], Awaitable[None]]
    before_end: Callable[[], Awaitable[None]]
    fall_silent: Callable[[], Awaitable[None]]

    async def on_start(self) -> None:
        """Ours, then Faust's own."""
        await self.before_start()
        await super().on_start()

    async def on_stop(self) -> None:
        """Faust's own, then silence."""
        await super().on_stop()
        await self.fall_silent()

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        await super()._consumer_wait_empty(consumer, logger)
        if self.should_stop:
            await self.before_end()


class PunctualWorker(faust.Worker):
    """Faust's graceful stop has no deadline; ours has."""

    def _schedule_shutdown(self, signal: Any) -> None:
        late = threading.Timer(STOP_S, die, ["the graceful stop took too long"])
        late.daemon = True
        late.start()
        super()._schedule_shutdown(signal)
