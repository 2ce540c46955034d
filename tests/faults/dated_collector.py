"""The collector with a clock that each request sets: `python -m tests.faults.dated_collector`.

A world happens over weeks and is sent in a minute. So `x-received-at` (UTC milliseconds) says when a request arrived;
everything else is the collector as it is.
"""

import asyncio
import time
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, Final

import producers.collector.__main__ as collector
from producers.collector.door.body import Receive, Scope, Send
from running.ending import leave

__all__ = ["Dated"]

RECEIVED_AT: Final[ContextVar[int]] = ContextVar("received_at")
build = collector.build


class Dated:
    """Each request in a context of its own, so that none sees another's time."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        said = dict(scope.get("headers", ())).get(b"x-received-at")
        if said is None:
            await self._app(scope, receive, send)
            return
        context = copy_context()
        context.run(RECEIVED_AT.set, int(said))
        await asyncio.get_running_loop().create_task(self._app(scope, receive, send), context=context)


def _told() -> int:
    return RECEIVED_AT.get(time.time_ns() // 1_000_000)


def _dated(*args: Any, **named: Any) -> Any:
    return Dated(partial(build, now_ms=_told)(*args, **named))


if __name__ == "__main__":
    collector.build = _dated  # type: ignore[assignment]
    leave(collector.main())
