"""Deadlines of bodies that come in: one timer for all of them, because a timer for each costs five times as much."""

import asyncio
from typing import Any, Final

__all__ = ["DEADLINE_S", "Receipts"]

DEADLINE_S: Final = 10.0
EVERY_S: Final = 0.25


class Receipts:
    """Who has read for too long is cancelled, at most a quarter of a second late."""

    def __init__(self) -> None:
        self._since: dict[asyncio.Task[Any], float] = {}  # the oldest first
        self._loop: asyncio.AbstractEventLoop | None = None  # whose timer runs

    def begin(self) -> "asyncio.Task[Any]":
        """This task begins to read; it must `end`."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a body is read by a task")
        self._since[task] = loop.time()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(EVERY_S, self._sweep, loop)
        return task

    def end(self, task: "asyncio.Task[Any]") -> bool:
        """Whether it was in time."""
        return self._since.pop(task, None) is not None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        before = loop.time() - DEADLINE_S
        for task in [task for task, since in self._since.items() if since <= before]:
            del self._since[task]
            task.cancel()
        self._loop = loop if self._since else None
        if self._since:
            loop.call_later(EVERY_S, self._sweep, loop)
