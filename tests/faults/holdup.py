"""One worker's way to Kafka, on which what it says can be held up and arrives later: also after its end.

What a process handed to the kernel is no longer its own: it arrives when the network lets it, minutes later if need be.
So this proxy keeps what it holds, whatever becomes of the client, and hands it on when it is let go.
"""

import asyncio
from contextlib import ExitStack, suppress
from struct import unpack
from typing import Final, Literal, Self, TypeAlias

from deploy.local.ports import HOST
from tests.faults.listener import Listener

__all__ = ["Held", "Holdup", "Holdups"]

PRODUCE: Final = 0  # API key
ANSWER_S: Final = 2.0

Held: TypeAlias = Literal["nothing", "records", "all"]


class Holdup(Listener):
    """A context manager. `port` is where the worker goes, `behind` the broker's."""

    def __init__(self, behind: int) -> None:
        self.waiting = 0  # requests that are held up
        self._behind = behind
        self._held: Held = "nothing"
        super().__init__()

    def hold(self, held: Held) -> None:
        """From now on records, or all in both directions, stay here. `nothing`: what was held goes its way."""
        self._held = held

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the worker, and the one to the broker that belongs to it."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._carry(reader, writer)
        writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(HOST, self._behind)
        back = asyncio.create_task(self._back(from_broker, writer))
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    await self._on(await reader.readexactly(4), reader, to_broker)
            await asyncio.wait([back], timeout=ANSWER_S)  # a broker works off what it read, if it may answer
        finally:
            back.cancel()
            to_broker.close()

    async def _on(self, size: bytes, reader: asyncio.StreamReader, to_broker: asyncio.StreamWriter) -> None:
        """One request."""
        (length,) = unpack(">i", size)
        request = await reader.readexactly(length)
        self.waiting += 1
        await self._passes(unpack(">h", request[:2])[0])
        self.waiting -= 1
        to_broker.write(size + request)
        await to_broker.drain()

    async def _back(self, from_broker: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await from_broker.read(65_536):
            await self._passes(None)
            with suppress(OSError):
                writer.write(answer)
                await writer.drain()
        writer.close()

    async def _passes(self, api_key: int | None) -> None:
        while self._held == "all" or (self._held == "records" and api_key == PRODUCE):
            await asyncio.sleep(0.02)


class Holdups:
    """One before each broker of a cluster, which hold and let go together. A context manager."""

    def __init__(self, bootstrap: str) -> None:
        ports = [int(server.rpartition(":")[2]) for server in bootstrap.split(",")]
        self._stack = ExitStack()
        self._ways = {port: self._stack.enter_context(Holdup(port)) for port in ports}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def doors(self) -> str:
        """As `TOY_DETOUR` is told: the port of each broker, and where to go instead."""
        return ",".join(f"{port}:{way.port}" for port, way in self._ways.items())

    @property
    def waiting(self) -> int:
        """Requests that are held up."""
        return sum(way.waiting for way in self._ways.values())

    def hold(self, held: Held) -> None:
        """From now on, on every way."""
        for way in self._ways.values():
            way.hold(held)
