"""What stands between SDKs and the collector and answers badly first: HTTP, byte for byte, in a thread of its own.

Only requests that carry events take a step of a door's plan; preflights and settings pass. Each connection carries one
request, so that cutting it cuts nothing else.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Final, Literal, Self, TypeAlias

from deploy.local.ports import HOST
from producers.collector.routes import refused_body

__all__ = ["FAULTS", "Door", "Fault", "Front"]

Fault: TypeAlias = Literal["calm", "500_twice", "429", "lost_answer", "stall", "all"]
Step: TypeAlias = Literal["500", "429", "lost", "stall"]

# What the first requests of a door meet; all that come later pass.
FAULTS: Final[Mapping[Fault, tuple[Step, ...]]] = {
    "calm": (),
    "500_twice": ("500", "500"),
    "429": ("429",),
    "lost_answer": ("lost",),
    "stall": ("stall",),
    "all": ("500", "500", "429", "lost", "stall"),
}
STALL_S: Final[Mapping[Fault, float]] = {"stall": 8.0, "all": 2.5}  # the first is longer than an SDK waits there
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION: Final = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_ORIGIN: Final = re.compile(rb"\r\norigin: *([^\r]*)", re.IGNORECASE)
_EVENTS: Final = re.compile(rb"POST |GET /i\?")
_REFUSALS: Final[Mapping[Step, bytes]] = {
    "500": b"500 Internal Server Error",
    "429": b"429 Too Many Requests\r\nretry-after: 1",
}
_TOLD: Final = refused_body("busy", "send it again")  # as the collector says it
_REFUSAL: Final = (
    b"HTTP/1.1 %b\r\naccess-control-allow-origin: %b\r\naccess-control-allow-credentials: true\r\n"
    b"access-control-expose-headers: Retry-After\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
)


class Door:
    """One port with a plan of its own. `met`: the steps that were taken; `heard`: answers of 200 that an SDK got."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.plan = deque(FAULTS[fault])
        self.met: list[Step] = []
        self.heard = 0
        self.under_way = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def patience_s(self) -> int:
        """How long an SDK is told to wait here: shorter than a stall, and longer than any other answer takes."""
        return 6 if self.fault == "stall" else 60

    def step(self, head: bytes) -> Step | None:
        """What this request meets."""
        if not _EVENTS.match(head):
            return None
        if not self.plan:
            return None
        self.met.append(self.plan.popleft())
        return self.met[-1]


class Front:
    """Doors before one collector, open for as long as the block lasts. `behind`: its port, once there is one."""

    def __init__(self, doors: Iterable[Door]) -> None:
        self.behind = 0
        self._doors = list(doors)
        self._loop = asyncio.new_event_loop()
        self._open = Event()
        self._ended = asyncio.Event()
        self._ends: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._open.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)
        self._loop.close()

    def still(self) -> bool:
        """Whether no request is under way."""
        return not any(door.under_way for door in self._doors)

    async def _serve(self) -> None:
        servers = [await asyncio.start_server(self._through(door), HOST, 0, limit=1 << 20) for door in self._doors]
        for door, server in zip(self._doors, servers, strict=True):
            door.port = server.sockets[0].getsockname()[1]
        self._open.set()
        await self._ended.wait()
        for server in servers:
            server.close()
        while rest := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*(end.wait_closed() for end in self._ends), return_exceptions=True)

    def _through(self, door: Door) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                door.under_way += 1
                try:
                    writer.write(await self._answer(door, head, body))
                    await writer.drain()
                finally:
                    door.under_way -= 1
            writer.close()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Known from here on: who ends the front closes it, also where its task has not begun."""
            self._ends.append(writer)
            task = self._loop.create_task(serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return accept

    async def _answer(self, door: Door, head: bytes, body: bytes) -> bytes:
        """What the SDK gets; nothing = its connection is cut."""
        step = door.step(head)
        if step in _REFUSALS:
            origin = _ORIGIN.search(head)
            return _REFUSAL % (_REFUSALS[step], origin[1] if origin else b"*", len(_TOLD), _TOLD)
        if step == "stall":  # it is away for a while, and goes through all the same: the SDK has given up by then
            await asyncio.sleep(STALL_S[door.fault])
        answer = await self._asked(head, body)
        if step == "lost":
            return b""
        door.heard += bool(_EVENTS.match(head)) and answer.startswith(b"HTTP/1.1 200 ")
        return answer

    async def _asked(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self.behind)
        try:
            writer.write(_CONNECTION.sub(b"", head)[:-2] + b"connection: close\r\n\r\n" + body)
            return await reader.read(-1)
        finally:
            writer.close()
