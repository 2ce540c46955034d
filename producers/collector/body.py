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


class Disconnected(Refused):
    """The sender left before it had said everything, or its chunks are malformed: servers tell both alike."""

    def __init__(self) -> None:
        super().__init__(Refusal.CUT_OFF, "the body ended before its end")


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The bytes as they came. Raises Refused (TOO_LARGE, SLOW) and Disconnected."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > MAX_WIRE:
        raise _too_large()
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if len(body) > MAX_WIRE:
        raise _too_large()
    return await _rest_of(body, receive) if message.get("more_body") else body


async def _rest_of(body: bytes, receive: Receive) -> bytes:
    pieces = [body]
    size = len(body)
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Disconnected
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > MAX_WIRE:
                    raise _too_large()
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError as error:
        raise Refused(Refusal.SLOW, f"the body took more than {DEADLINE_S:g} s") from error


def _too_large() -> Refused:
    return Refused(Refusal.TOO_LARGE, f"more than {MAX_WIRE} bytes")
