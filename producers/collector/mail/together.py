"""One write at a time of one and the same thing: whoever asks while it runs shares the next one.

The next one begins after they asked, so it says all that they say. However often somebody repeats a demand, none of
them is lost, and no more is written than one after another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

__all__ = ["Together"]

Name: TypeAlias = tuple[str, ...]


class Together:
    """By name: the last write that has begun, and the one that waits for it."""

    def __init__(self) -> None:
        self._begun: dict[Name, asyncio.Task[None]] = {}
        self._next: dict[Name, asyncio.Task[None]] = {}

    async def write(self, name: Name, begin: Callable[[], Awaitable[None]]) -> None:
        """Returns when a write that began after this call is done, or raises what it raised. It outlives who asked."""
        task = self._next.get(name)
        if task is None:
            task = self._next[name] = asyncio.create_task(self._after(name, begin))
            task.add_done_callback(_heard)
        await asyncio.shield(task)

    async def _after(self, name: Name, begin: Callable[[], Awaitable[None]]) -> None:
        if (before := self._begun.get(name)) is not None:
            await asyncio.wait([before])
        task = self._begun[name] = self._next.pop(name)
        try:
            await begin()
        finally:
            if self._begun[name] is task:
                del self._begun[name]


def _heard(task: "asyncio.Task[None]") -> None:
    """Whoever asked may be gone: nobody needs to be told of an error that nobody waits for."""
    if not task.cancelled():
        task.exception()
