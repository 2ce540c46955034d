"""A TCP server of a test in a thread of its own: what a proxy between our processes and a broker listens with."""

import asyncio
import socket
from threading import Event, Thread
from typing import Self

from deploy.local.ports import HOST

__all__ = ["Listener"]


class Listener:
    """Listens from the start at `port` (0: a free one), and serves each connection with `serve` until it is stopped."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self._listens = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._listens.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """All connections end."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        raise NotImplementedError

    def end(self) -> None:
        """What is to be done before the connections' tasks are cancelled."""

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, sock=self._listener))
        self._listens.set()
        self.loop.run_forever()
        server.close()
        self.end()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(asyncio.sleep(0.01))  # closed connections say goodbye in the next turns
        self.loop.close()
