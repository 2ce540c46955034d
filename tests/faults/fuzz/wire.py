"""Raw sockets to the collector: what is framed well travels many at a time on a kept connection, the rest alone."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct

from deploy.local.ports import HOST
from tests.faults.fuzz.making import Made

__all__ = ["GONE", "SILENT", "Answer", "Wire"]

GONE: Final = 0  # the connection ended without an answer
SILENT: Final = -1  # nothing came for long
ANSWER_S: Final = 60.0
PAUSE_S: Final = 0.3  # a server may drop what it works on when its sender says that nothing follows
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)")
_STATUS: Final = re.compile(rb"^HTTP/1\.[01] (\d\d\d)", re.MULTILINE)


class Answer(Struct, frozen=True):
    """The status that this request got, or GONE, or SILENT."""

    made: Made
    status: int


class Wire:
    """One sender. A connection is kept for as long as the collector keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        """Nothing more is sent."""
        if self._pipe is not None:
            self._pipe[1].close()
            self._pipe = None

    async def together(self, batch: Sequence[Made]) -> list[Answer]:
        """All of these in order. Whoever was cut off is sent again, the first of them alone: it may be the reason."""
        answers: list[Answer] = []
        while left := batch[len(answers) :]:
            found = await self._pipelined(left)
            if not found:
                found = [await self.alone(left[0])]
            answers += found
        return answers

    async def alone(self, made: Made) -> Answer:
        """On a connection of its own; where nothing comes for a moment, it says that nothing follows.

        What is framed well says so itself, and is waited for.
        """
        try:
            reader, writer = await asyncio.open_connection(HOST, self._port)
            try:
                async with asyncio.timeout(ANSWER_S):
                    said = await _said_to(made.raw, reader, writer, pause_s=PAUSE_S if made.alone else ANSWER_S)
            finally:
                writer.close()
        except TimeoutError:
            return Answer(made, SILENT)
        statuses = [int(one) for one in _STATUS.findall(said)]
        return Answer(made, max(statuses, default=GONE))

    async def _pipelined(self, batch: Sequence[Made]) -> list[Answer]:
        """The answers that came before the connection ended."""
        answers: list[Answer] = []
        if self._pipe is None:
            self._pipe = await asyncio.open_connection(HOST, self._port, limit=1 << 22)
        reader, writer = self._pipe
        writing = asyncio.create_task(_write(writer, batch))
        try:
            async with asyncio.timeout(ANSWER_S):
                for made in batch:
                    status, stays = await _answer(reader, made.method)
                    answers.append(Answer(made, status))
                    if not stays:
                        self.close()
                        return answers
                await writing
        except TimeoutError:
            self.close()
        except (OSError, asyncio.IncompleteReadError):
            self.close()
        finally:
            writing.cancel()
        return answers


async def _write(writer: asyncio.StreamWriter, batch: Sequence[Made]) -> None:
    with suppress(OSError):
        for made in batch:
            writer.write(made.raw)
            await writer.drain()


async def _answer(reader: asyncio.StreamReader, method: str) -> tuple[int, bool]:
    """The next status, and whether the connection stays. Raises IncompleteReadError, OSError."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if status < 200:
        return await _answer(reader, method)
    stays = b"connection: close" not in head
    if method == "HEAD" or status in (204, 304):
        return status, stays
    if length := _LENGTH.search(head):
        await reader.readexactly(int(length[1]))
    elif b"transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        await reader.read(-1)
        return status, False
    return status, stays


async def _said_to(
    raw: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, pause_s: float
) -> bytes:
    """All that comes until the collector ends the connection, also where it resets it."""
    said = b""
    with suppress(OSError):
        writer.write(raw)
        await writer.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                said = await reader.read(1 << 16)
        writer.write_eof()
        while part := await reader.read(1 << 16):
            said += part
    return said
