"""A request's body: bounded in size, and in time where it comes in pieces."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from producers.collector.inflate import MAX_WIRE
from producers.collector.keys import Headers
from producers.errors import Refusal, Refused

__all__ = ["Disconnected", "Message", "Receive", "Scope", "Send", "read_body"]

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
DEADLINE_S: Final = 10.0
# More crumbs than any honest sender makes of 512 KB: each costs us as much as a small request.
MAX_PIECES: Final = 8_192


class Disconnected(Refused):
    """The sender left before it had said everything, or its chunks are malformed: servers tell both alike."""

    def __init__(self) -> None:
        super().__init__(Refusal.CUT_OFF, "the body ended before its end")


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The bytes as they came, within ten seconds. Raises Refused (TOO_LARGE, SLOW, PIECES) and Disconnected."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 9 or int(declared) > MAX_WIRE):
        raise _too_large()
    deadline = _Deadline()
    try:
        body, more = _piece(await receive())
        if len(body) > MAX_WIRE:
            raise _too_large()
        return await _rest_of(body, receive) if more else body
    except asyncio.CancelledError:
        deadline.settle()
        raise
    finally:
        deadline.end()


async def _rest_of(body: bytes, receive: Receive) -> bytes:
    pieces = [body]
    size = len(body)
    more = True
    while more:
        body, more = _piece(await receive())
        pieces.append(body)
        size += len(body)
        if size > MAX_WIRE:
            raise _too_large()
        if len(pieces) > MAX_PIECES:
            raise Refused(Refusal.PIECES, f"a body of more than {MAX_PIECES} pieces")
    return b"".join(pieces)


def _piece(message: Message) -> tuple[bytes, bool]:
    """The bytes, and whether more come. Raises Disconnected."""
    if message["type"] != "http.request":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


class _Deadline:
    """Ends the reading of one body. A plain timer: `asyncio.timeout` costs every request six times as much (3 us)."""

    __slots__ = ("_late", "_task", "_timer")

    def __init__(self) -> None:
        self._late = False
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(DEADLINE_S, self._ring)

    def end(self) -> None:
        """The body is here, or given up."""
        self._timer.cancel()

    def settle(self) -> None:
        """Raises Refused(SLOW) where it was this deadline that cancelled the task, and nobody else did."""
        if self._late and self._task is not None and not self._task.uncancel():
            raise Refused(Refusal.SLOW, f"the body took more than {DEADLINE_S:g} s")

    def _ring(self) -> None:
        self._late = True
        if self._task is not None:
            self._task.cancel()


def _too_large() -> Refused:
    return Refused(Refusal.TOO_LARGE, f"more than {MAX_WIRE} bytes")
