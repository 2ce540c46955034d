"""Apprise in a process of its own (`child.py`): orders out, answers in. It is started with the first order.

One that ended is started again with the next order; what it had not answered failed.
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Final

from msgspec.json import decode, encode

from streams.channels.apprise.lines import THREADS, Answer, Order, Setup
from streams.channels.errors import ChannelBusy

__all__ = ["COMMAND", "AppriseProcess"]

COMMAND: Final = (sys.executable, "-m", "streams.channels.apprise.child")


class AppriseProcess:
    """`command`: what is started instead, in tests."""

    def __init__(self, setup: Setup, *, command: Sequence[str] = ()) -> None:
        self._setup = setup
        self._command = command or COMMAND
        self._starting = asyncio.Lock()
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked: dict[int, tuple[asyncio.Future[bool], float]] = {}  # with the time by which it should be answered
        self._count = 0

    @property
    def working(self) -> int:
        """Orders that are not answered yet."""
        return len(self._asked)

    @property
    def is_held_up(self) -> bool:
        """Whether each of its threads is at an order whose time is over."""
        now = time.monotonic()
        return sum(1 for _, ends in self._asked.values() if ends < now) >= THREADS

    async def ask(self, who: str, place: int, *, title: str, body: str, ends: float) -> asyncio.Future[bool]:
        """Orders it; the future says whether the service took it. Raises ChannelBusy where the process ended.

        `ends`: when whoever asks stops waiting (monotonic seconds).
        """
        async with self._starting:
            process = self._process if self._process and self._process.returncode is None else await self._started()
        self._count += 1
        timeout_s = max(ends - time.monotonic(), 0.001)
        order = Order(number=self._count, who=who, place=place, title=title, body=body, timeout_s=timeout_s)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked[order.number] = answer, ends
        answer.add_done_callback(_looked_at)
        await _written(process, order)
        return answer

    async def close(self) -> None:
        """Ends it, whatever it is at."""
        process, reading = self._process, self._reading
        self._process = self._reading = None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None and reading is not None:
            await reading
            await process.wait()

    async def _started(self) -> Process:
        await self.close()
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, start_new_session=True)
        self._process = process
        self._reading = asyncio.create_task(self._read(process), name="apprise-answers")
        await _written(process, self._setup)
        return process

    async def _read(self, process: Process) -> None:
        while line := await _lines(process).readline():
            answer = decode(line, type=Answer)
            asked, _ = self._asked.pop(answer.number)
            if not asked.done():
                asked.set_result(answer.took)
        await process.wait()
        left, self._asked = self._asked, {}
        for asked, _ in left.values():
            if not asked.done():
                asked.set_exception(ChannelBusy(retry_after_s=0, detail="the process of Apprise ended"))


def _lines(process: Process) -> asyncio.StreamReader:
    return process.stdout or asyncio.StreamReader()


async def _written(process: Process, line: Setup | Order) -> None:
    orders = process.stdin
    try:
        if orders is None:
            raise BrokenPipeError
        orders.write(encode(line) + b"\n")
        await orders.drain()
    except OSError as error:
        raise ChannelBusy(retry_after_s=0, detail="the process of Apprise ended") from error


def _looked_at(answer: asyncio.Future[bool]) -> None:
    """If nobody waits for it any more, nobody needs to hear what became of it."""
    if not answer.cancelled():
        answer.exception()
