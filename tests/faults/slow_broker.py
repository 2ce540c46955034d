"""A broker whose acknowledgements are late: a proxy before the embedded one that holds up what producers write.

Only `Produce` requests wait; fetches, commits and heartbeats pass at once. So a commit that does not wait for its rows
and effects overtakes them by far, and a kill then loses them.
"""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from random import Random
from struct import unpack
from typing import Final

from deploy.local.embedded import broker_command
from deploy.local.ports import HOST, free_ports
from deploy.local.topics import await_broker
from tests.faults.listener import Listener

__all__ = ["slow_broker"]

PRODUCE: Final = 0  # API key


class Proxy(Listener):
    """Passes everything on, records after up to `longest_s`."""

    def __init__(self, port: int, behind: int, *, longest_s: float, random: Random) -> None:
        self._behind = behind
        self._longest_s = longest_s
        self._random = random
        super().__init__(port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, and the one to the broker that belongs to it."""
        with closing(writer), suppress(OSError, asyncio.CancelledError):
            behind_reader, behind_writer = await asyncio.open_connection(HOST, self._behind)
            back = asyncio.create_task(self._pass(behind_reader, writer))
            with closing(behind_writer):
                try:
                    await self._requests(reader, behind_writer)
                finally:
                    back.cancel()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                size = await reader.readexactly(4)
                body = await reader.readexactly(unpack(">i", size)[0])
                if unpack(">h", body[:2])[0] == PRODUCE:
                    await asyncio.sleep(self._random.uniform(0, self._longest_s))
                writer.write(size + body)
                await writer.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()


@contextmanager
def slow_broker(*, longest_s: float, seed: int) -> Iterator[str]:
    """An embedded broker that takes up to that long for what is written to it; gives `host:port`."""
    front, port = free_ports(2)
    command = list(broker_command(port))
    command[command.index("--advertised-listener-url") + 1] = f"tcp://{HOST}:{front}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            with Proxy(front, port, longest_s=longest_s, random=Random(seed)):
                await_broker(f"{HOST}:{front}")
                yield f"{HOST}:{front}"
        finally:
            broker.kill()
