"""A network that fails on command: a TCP proxy before one broker, in a thread of its own.

What is on its way stays on its way: a blackhole keeps bytes until it heals, as TCP does; only `reset` throws them away.
A broker that advertises the proxy's port (`deploy/local/apache_kafka.py`, detours) has no way round it.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from threading import Event
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from deploy.local.ports import HOST
from tests.faults.listener import Listener

__all__ = ["PASS", "Mode", "Proxy"]

CHUNK: Final = 16_384
WAITING: Final = 32  # chunks of one direction that may be on their way: then the sender feels it
ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset

Kind: TypeAlias = Literal["pass", "blackhole", "reset", "half_close"]


class Mode(Struct, frozen=True, kw_only=True):
    """How the network is. Both figures hold for each direction of each connection; 0 = none.

    `blackhole`: connections stand, nothing arrives. `reset`: what there is breaks, and so does whatever comes.
    `half_close`: the broker's side of every connection says goodbye, the client's side stays open.
    """

    kind: Kind = "pass"
    delay_s: float = 0.0
    bytes_per_s: int = 0


PASS: Final = Mode()


class Proxy(Listener):
    """Listens on a port of its own from the start; `behind` is the broker's. A context manager."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self.mode = PASS
        self._changed = asyncio.Event()
        self._links: set[_Link] = set()
        super().__init__()

    def turn(self, mode: Mode) -> None:
        """From now on the network is so, for connections that there are and that come. From any thread."""
        done = Event()
        self.loop.call_soon_threadsafe(self._turn, mode, done)
        assert done.wait(60)

    async def until(self, due: float) -> None:
        """Return when `due` (loop time) has come and the network passes bytes on."""
        if (wait := due - self.loop.time()) > 0:
            await asyncio.sleep(wait)
        while self.mode.kind == "blackhole":
            await self._changed.wait()

    def _turn(self, mode: Mode, done: Event) -> None:
        self.mode = mode
        self._changed.set()
        self._changed.clear()
        for link in list(self._links):
            link.turn(mode)
        done.set()

    def end(self) -> None:
        """What there is breaks."""
        for link in list(self._links):
            link.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, and the one to the broker that belongs to it."""
        if self.mode.kind == "reset":
            _abort(writer)
            return
        try:
            await self.until(0)
            behind_reader, behind_writer = await asyncio.open_connection(HOST, self._behind)
        except (OSError, asyncio.CancelledError):  # the broker is down: so is its port
            _abort(writer)
            return
        link = _Link(self, client=writer, broker=behind_writer)
        self._links.add(link)
        try:
            link.turn(self.mode)
            await link.carry(reader, behind_reader)
        finally:
            await link.close()
            self._links.discard(link)


class _Link:
    """One client's connection and the one to the broker behind it."""

    def __init__(self, proxy: Proxy, *, client: asyncio.StreamWriter, broker: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._broker = broker

    def turn(self, mode: Mode) -> None:
        """Connections that stand feel a reset and a half-close at once."""
        if mode.kind == "reset":
            self.abort()
        elif mode.kind == "half_close" and self._client.can_write_eof():
            with suppress(OSError, RuntimeError):
                self._client.write_eof()

    def abort(self) -> None:
        """Both ends, with a reset."""
        _abort(self._client)
        _abort(self._broker)

    async def close(self) -> None:
        """Both ends, after what was written."""
        both = (self._client, self._broker)
        for writer in both:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in both), return_exceptions=True)

    async def carry(self, from_client: asyncio.StreamReader, from_broker: asyncio.StreamReader) -> None:
        """Both directions until either ends."""
        ways = [
            asyncio.create_task(self._way(from_client, self._broker)),
            asyncio.create_task(self._way(from_broker, self._client)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: what is read waits its time on the line while more is read, up to a bound."""
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAITING)
        pushing = asyncio.create_task(self._push(line, writer))
        try:
            with suppress(OSError):
                while data := await reader.read(CHUNK):
                    await line.put((asyncio.get_running_loop().time() + self._proxy.mode.delay_s, data))
                await line.put((0.0, b""))
                await pushing
        finally:
            pushing.cancel()

    async def _push(self, line: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, RuntimeError):
            while True:
                due, data = await line.get()
                await self._proxy.until(due)
                if not data:
                    return
                if rate := self._proxy.mode.bytes_per_s:
                    await asyncio.sleep(len(data) / rate)
                if self._proxy.mode.kind != "half_close" or writer is not self._client:
                    writer.write(data)
                    await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    writer.transport.abort()
