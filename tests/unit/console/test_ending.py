"""The console ends when it is told to, also where a cancellation was lost on the way."""

import asyncio
from contextlib import suppress

from streams.console import app


async def test_what_lost_its_cancellation_is_told_again() -> None:
    begun, lost = asyncio.Event(), list[str]()

    async def deaf_once() -> None:
        with suppress(asyncio.CancelledError):
            begun.set()
            await asyncio.Event().wait()
        lost.append("one")  # as asyncio.wait_for may, before Python 3.12
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf_once())
    await begun.wait()
    await asyncio.wait_for(app._ended(task), 20)
    assert (task.cancelled(), lost) == (True, ["one"])
