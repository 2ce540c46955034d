"""An HTTP load generator of our own: keep-alive connections that post prepared bodies, closed loop or open loop.

Run as a process of its own, so that it can be pinned to a core: `python -m tests.bench.load --port 8080 --body FILE`.
It prints one JSON line (`LoadResult`). FILE holds one request body a line, or with `--method GET` one path with its
query. Closed loop: each connection asks again once it was answered. Open loop (`--rate`): requests have planned times,
and latency counts from the plan, not from the send.
"""

import argparse
import asyncio
import re
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast

import uvloop
from msgspec import Struct
from msgspec.json import encode

from tests.bench.machine import cpu_seconds

__all__ = ["LoadResult"]

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class LoadResult(Struct, frozen=True, kw_only=True):
    """One run. Latencies in milliseconds and `cpu_us` (of the server, per request) are of the measured window only."""

    answered: int  # 200s, warm-up included: what the far end must hold
    refused: int  # other answers and broken connections, warm-up included
    measured: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


class Load:
    """The run: hands bodies to connections, notes answers."""

    def __init__(self, requests: list[bytes], *, open_loop: bool) -> None:
        self.requests = requests
        self.open_loop = open_loop
        self.next = 0
        self.idle: deque[Connection] = deque()
        self.waiting: deque[float] = deque()
        self.measuring = False
        self.stopping = False
        self.answered = 0
        self.refused = 0
        self.outstanding = 0
        self.latencies: list[float] = []
        self._empty: asyncio.Future[None] | None = None

    def post(self, connection: "Connection", planned: float) -> None:
        self.next = (self.next + 1) % len(self.requests)
        self.outstanding += 1
        connection.planned = planned
        connection.transport.write(self.requests[self.next])

    def note(self, connection: "Connection", *, good: bool) -> None:
        now = time.perf_counter()
        self.outstanding -= 1
        self.answered += good
        self.refused += not good
        if self.measuring and good:
            self.latencies.append(now - connection.planned)
        if self.waiting:
            self.post(connection, self.waiting.popleft())
        elif self.open_loop or self.stopping:
            self.idle.append(connection)
            if self._empty is not None and not self.outstanding and not self._empty.done():
                self._empty.set_result(None)
        else:
            self.post(connection, now)

    async def drained(self) -> None:
        """Until all is answered."""
        if self.outstanding or self.waiting:
            self._empty = asyncio.get_running_loop().create_future()
            await self._empty

    def due(self, planned: float) -> None:
        if self.idle:
            self.post(self.idle.popleft(), planned)
        else:
            self.waiting.append(planned)


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self.load = load
        self.planned = 0.0
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = LENGTH.search(head)
        if length is not None and len(body) < int(length[1]):
            return
        if length is None and not body.endswith(b"0\r\n\r\n"):
            return
        self.received = b""
        self.load.note(self, good=head[9:12] == b"200")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.stopping:
            self.load.refused += 1


async def pace(load: Load, *, rate: float, until: float) -> None:
    """Open loop: let requests fall due at `rate` a second until `until` (perf_counter seconds)."""
    start = time.perf_counter()
    sent = 0
    while (now := time.perf_counter()) < until:
        while start + sent / rate <= now:
            load.due(start + sent / rate)
            sent += 1
        await asyncio.sleep(0.0005)


async def run(args: argparse.Namespace, bodies: list[bytes]) -> LoadResult:
    load = Load([_request(args, body) for body in bodies], open_loop=args.rate > 0)
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: Connection(load), "127.0.0.1", args.port))[1]
        for _ in range(args.connections)
    ]
    begin = time.perf_counter()
    if load.open_loop:
        load.idle.extend(connections)
        pacing = asyncio.create_task(pace(load, rate=args.rate, until=begin + args.warm_up + args.seconds))
    else:
        for connection in connections:
            load.post(connection, begin)
    await asyncio.sleep(args.warm_up)
    load.measuring, cpu, since = True, cpu_seconds(args.pid), time.perf_counter()
    await asyncio.sleep(args.seconds)
    load.measuring, used, took = False, cpu_seconds(args.pid) - cpu, time.perf_counter() - since
    if load.open_loop:
        await pacing
    load.stopping = True
    await load.drained()
    for connection in connections:
        connection.transport.close()
    ranked = sorted(load.latencies)
    return LoadResult(
        answered=load.answered, refused=load.refused, measured=len(ranked), seconds=took,
        p50_ms=ranked[len(ranked) // 2] * 1e3, p99_ms=ranked[int(len(ranked) * 0.99)] * 1e3,
        cpu_us=used / len(ranked) * 1e6,
    )  # fmt: skip


def _request(args: argparse.Namespace, line: bytes) -> bytes:
    if args.method == "GET":
        return b"GET " + line + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    head = f"POST {args.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: "
    return f"{head}{len(line)}\r\n\r\n".encode() + line


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the server, whose CPU time is measured")
    parser.add_argument("--body", required=True)
    parser.add_argument("--method", choices=["GET", "POST"], default="POST")
    parser.add_argument("--path", default="/v1/batch", help="of a POST")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second, open loop; 0 = closed loop")
    parser.add_argument("--warm-up", type=float, default=1.5)
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    bodies = Path(args.body).read_bytes().splitlines()
    sys.stdout.write(
        encode(uvloop.run(asyncio.wait_for(run(args, bodies), args.warm_up + args.seconds + 60))).decode() + "\n"
    )


if __name__ == "__main__":
    main()
