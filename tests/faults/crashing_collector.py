"""The collector as it ships, but for one step of its write path, at which it is killed.

`CRASH_AT=sync:3` kills it before its third fsync; `half a write` and `half a note` leave half of the bytes behind.
A process of its own: `python -m tests.faults.crashing_collector`.
"""

import asyncio
import os
import signal
import sys
import time
from asyncio import Future
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from producers.collector.server import build, kafka_sink
from producers.collector.spool.disk import Disk
from producers.collector.spool.spooling import with_spool
from producers.logs import configure
from producers.settings import Settings, SpoolSettings, read
from producers.sinks.base import Sink

WHERE, _, WHICH = os.environ["CRASH_AT"].partition(":")
SEEN: Counter[str] = Counter()


def step(name: str) -> None:
    SEEN[name] += 1
    if name == WHERE and SEEN[name] == int(WHICH or 1):
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingDisk(Disk):
    def create(self, number: int) -> int:
        step("create")
        return super().create(number)

    def write(self, file: int, data: bytes) -> None:
        step("write")
        if WHERE == "half a write":
            super().write(file, data[: len(data) // 2])
            step("half a write")
            data = data[len(data) // 2 :]
        super().write(file, data)

    def sync(self, file: int) -> None:
        step("sync")
        super().sync(file)
        step("synced")

    def sync_names(self) -> None:
        step("sync names")
        super().sync_names()

    def note(self, position: bytes) -> None:
        step("note")
        if WHERE == "half a note":
            super().note(position[: len(position) // 2])
            step("half a note")
        super().note(position)

    def remove(self, number: int) -> None:
        step("remove")
        super().remove(number)
        step("removed")


class CrashingSink:
    """Kafka, with a step before each record and one after each acknowledgement."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> "Future[None]":
        step("send")
        sent = self._sink.write(topic, partition=partition, value=value, key=key)
        future: Future[None] = asyncio.get_running_loop().create_future()
        sent.add_done_callback(lambda done: self._landed(future, done))
        return future

    def _landed(self, future: "Future[None]", done: "Future[None]") -> None:
        error = done.exception()
        if error is None:
            step("acknowledged")
        if not future.done():
            future.set_result(None) if error is None else future.set_exception(error)


async def serve() -> None:
    settings = read(Settings)
    configure(settings.log.level)
    directory = Path(str(settings.spool.directory))
    kafka: Any = CrashingSink(kafka_sink(settings))
    sink = with_spool(settings, kafka, now_ms=lambda: time.time_ns() // 1_000_000, disk=CrashingDisk(directory))
    app = build(settings.model_copy(update={"spool": SpoolSettings()}), sink)

    async def stepping(scope: Any, receive: Any, send: Any) -> None:
        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/v1/batch":
                step("answer")
            await send(message)
            if message["type"] == "http.response.body" and scope["path"] == "/v1/batch":
                step("answered")

        await app(scope, receive, answer)

    server = Server(stepping, address=settings.collector.host, port=settings.collector.port, interface=Interfaces.ASGI)
    await server.serve()


if __name__ == "__main__":
    sys.exit(uvloop.run(serve()))
