"""A request's body: bounded in size, and in time where it comes in pieces."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from producers.collector.door.keys import Headers
from producers.collector.door.receipts import DEADLINE_S, Receipts
from producers.collector.reading.inflate import MAX_WIRE
from producers.errors import Refusal, Refused

__all__ = ["Disconnected", "Message", "Receive", "Scope", "Send", "read_body"]

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_RECEIPTS: Final = Receipts()
# More crumbs than any honest sender makes of 512 KB: each costs us as much as a small request.
MAX_PIECES: Final = 8_192


class Disconnected(Refused):
    """The sender left before it had said everything, or its chunks are malformed: servers tell both alike."""

    def __init__(self) -> None:
        super().__init__(Refusal.CUT_OFF, "the body ended before its end")


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The bytes as they came, within ten seconds. Raises Refused (TOO_LARGE, SLOW, PIECES) and Disconnected."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and (len(declared) > 9 or int(declared) > MAX_WIRE):
        raise _too_large()
    task = _RECEIPTS.begin()
    try:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body: bytes = message.get("body", b"")
        if len(body) > MAX_WIRE:
            raise _too_large()
        if not message.get("more_body") or _is_whole(body, headers):
            return body
        return await _rest_of(body, receive)
    except asyncio.CancelledError as error:
        if _RECEIPTS.end(task) or task.uncancel():
            raise  # somebody else's
        raise Refused(Refusal.SLOW, f"the body took more than {DEADLINE_S:g} s") from error
    finally:
        _RECEIPTS.end(task)


async def _rest_of(body: bytes, receive: Receive) -> bytes:
    pieces = [body]
    size = len(body)
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MAX_WIRE:
            raise _too_large()
        if len(pieces) > MAX_PIECES:
            raise Refused(Refusal.PIECES, f"a body of more than {MAX_PIECES} pieces")
        more = message.get("more_body", False)
    return b"".join(pieces)


def _is_whole(body: bytes, headers: Headers) -> bool:
    """Whether the first piece is all that was declared.

    granian says of every body that more may come, and then that nothing does: a trip between two threads, 12 us.
    """
    return headers.get(b"content-length") == b"%d" % len(body) and b"transfer-encoding" not in headers


def _too_large() -> Refused:
    return Refused(Refusal.TOO_LARGE, f"more than {MAX_WIRE} bytes")
