"""Somebody who sends events and writes down every answer: the client's half of the ledger.

A visitor belongs to one connection, and a connection waits for each answer, so a visitor's events reach the collector
in the order of their numbers. Requests have planned times; latency counts from the plan, waiting for the connection
included. Nothing is sent again: what had no clear answer stays unclear.
"""

import asyncio
from contextlib import suppress
from threading import Event, Thread
from typing import Final, Self

from msgspec.json import encode

__all__ = ["Sender"]

ANSWER_S: Final = 12.0
LATE_S: Final = 60.0  # what a busy machine takes on top
AGAIN_S: Final = 0.25


class Sender:
    """Runs in a thread of its own, from `start` until `stop` or until `most` events were sent, `rate` a second.

    `batch` = events of a request, all of one visitor.
    `accepted`, `unclear` and `refused` are ids answered 2xx, 5xx or not at all, 4xx.
    """

    def __init__(
        self, port: int, *, rate: float, most: int = 1 << 40, connections: int = 60, visitors: int = 240,
        filler: int = 200, prefix: str = "v", batch: int = 1,
    ) -> None:  # fmt: skip
        self._port = port
        self._rate = rate
        self._most = most
        self._connections = connections
        self._visitors = visitors
        self._filler = "x" * filler
        self._prefix = prefix
        self._batch = batch
        self._stopped = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._sent = 0
        self.accepted: set[str] = set()
        self.unclear: set[str] = set()
        self.refused: set[str] = set()
        self.latencies: list[float] = []
        self.failures: list[str] = []

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Waits for the answers that are due."""
        self._stopped.set()
        self.finish()

    def finish(self) -> None:
        """Waits until all was sent and answered."""
        self._thread.join(LATE_S + (self._most / self._rate * 3 if self._most < 1 << 40 else ANSWER_S))
        assert not self._thread.is_alive()
        assert not self.failures, self.failures

    @property
    def answers(self) -> int:
        return len(self.accepted) + len(self.unclear) + len(self.refused)

    def p99_ms(self) -> float:
        ranked = sorted(self.latencies)
        return ranked[int(len(ranked) * 0.99)] * 1_000 if ranked else 0.0

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except Exception as error:
            self.failures.append(repr(error))
            raise

    async def _all(self) -> None:
        await asyncio.gather(*(self._connection(number) for number in range(self._connections)))

    async def _connection(self, number: int) -> None:
        """Sends in turn for its own visitors."""
        loop = asyncio.get_running_loop()
        mine = range(number, self._visitors, self._connections)
        every = self._connections * self._batch / self._rate
        planned = loop.time() + every * number / self._connections
        turn = 0
        pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self._stopped.is_set() and self._sent < self._most:
            if pipe is None:
                pipe = await self._connect()
                planned = max(planned, loop.time())
                continue
            if (wait := planned - loop.time()) > 0:
                await asyncio.sleep(min(wait, 0.2))
                continue
            visitor, first = mine[turn % len(mine)], turn // len(mine) * self._batch
            ids = [f"{self._prefix}{visitor}-{seq}" for seq in range(first, first + self._batch)]
            turn += 1
            self._sent += self._batch
            status = await self._post(pipe, f"{self._prefix}{visitor}", ids)
            if status == 200:
                self.latencies.append(loop.time() - planned)
            self._note(ids, status)
            planned += every
            if not status:
                pipe[1].close()
                pipe = None
        if pipe is not None:
            pipe[1].close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            await asyncio.sleep(AGAIN_S)
            return None

    async def _post(
        self, pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter], visitor: str, ids: list[str]
    ) -> int:
        """The status, 0 where there was none."""
        more = {"type": "page", "anonymousId": visitor, "properties": {"text": self._filler}}
        body = encode({"batch": [{"messageId": one} | more for one in ids], "writeKey": "wk_site"})
        head = f"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        reader, writer = pipe
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            async with asyncio.timeout(ANSWER_S):
                writer.write(head.encode() + body)
                answer = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                if not length:
                    await reader.readuntil(b"0\r\n\r\n")
                await reader.readexactly(length)
                return int(answer[9:12])
        return 0

    def _note(self, ids: list[str], status: int) -> None:
        if 200 <= status < 300:
            self.accepted.update(ids)
        elif 400 <= status < 500:
            self.refused.update(ids)
        else:
            self.unclear.update(ids)
