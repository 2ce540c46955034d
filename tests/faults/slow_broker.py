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
from threading import Event, Thread
from typing import Final

from deploy.local.embedded import broker_command
from deploy.local.ports import HOST, free_ports
from deploy.local.topics import await_broker

__all__ = ["slow_broker"]

PRODUCE: Final = 0  # API key


class Proxy:
    """Runs in a thread of its own until it is stopped."""

    def __init__(self, port: int, behind: int, *, longest_s: float, random: Random) -> None:
        self._port = port
        self._behind = behind
        self._longest_s = longest_s
        self._random = random
        self._loop = asyncio.new_event_loop()
        self._listens = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._listens.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, self._port))
        self._listens.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))  # closed connections say goodbye in the next turn
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
    proxy = Proxy(front, port, longest_s=longest_s, random=Random(seed))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            proxy.start()
            await_broker(f"{HOST}:{front}")
            yield f"{HOST}:{front}"
        finally:
            proxy.stop()
            broker.kill()
