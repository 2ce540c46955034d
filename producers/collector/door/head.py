"""What a request's head may be: its size, and one length of its body. Servers differ in what they let through."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from producers.collector.door.body import Message, Scope, Send
from producers.collector.door.keys import Headers
from producers.errors import Refusal, Refused

__all__ = ["ENDS", "check_head", "ending"]

ENDS: Final = (b"connection", b"close")
MAX_BLOCK: Final = 16 * 1024  # names and values of all headers
MAX_LINE: Final = 8 * 1024
MAX_HEADERS: Final = 100
USUAL_BYTES: Final = 4 * 1024  # of values alone, each name once
USUAL_HEADERS: Final = 40
HeaderLines: TypeAlias = Sequence[tuple[bytes, bytes]]


def check_head(scope: Scope, headers: Headers) -> None:
    """Raises Refused: URL, HEADERS, FRAMING."""
    if len(scope["query_string"]) > MAX_LINE or len(scope["path"]) > MAX_LINE:
        raise Refused(Refusal.URL, f"more than {MAX_LINE} bytes")
    every = scope["headers"]
    # A join is the quickest sum: it tells the usual head from one that must be looked at.
    if len(every) > USUAL_HEADERS or len(b"".join(headers.values())) > USUAL_BYTES:
        _check_size(every)
    if b"transfer-encoding" in headers and b"content-length" in headers:
        raise Refused(Refusal.FRAMING, "a body has one length: Content-Length or chunks")


def _check_size(every: HeaderLines) -> None:
    sizes = [len(name) + len(value) for name, value in every]
    if sum(sizes) > MAX_BLOCK or len(sizes) > MAX_HEADERS:
        raise Refused(Refusal.HEADERS, f"more than {MAX_BLOCK} bytes or {MAX_HEADERS} headers")
    if max(sizes) > MAX_LINE:
        raise Refused(Refusal.HEADERS, f"a header of more than {MAX_LINE} bytes")


def ending(scope: Scope, send: Send) -> Send:
    """`send`, but a request whose body comes in chunks ends its connection.

    Where a Content-Length came as well, and a proxy believed that, the rest could be another request to us. Servers
    may drop that header before we see it, so all chunks end so.
    """
    if all(name != b"transfer-encoding" for name, _ in scope["headers"]):
        return send

    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), ENDS]}
        await send(message)

    return send_last
