"""What a request's head may be: its size, and one length of its body. Servers differ in what they let through."""

from itertools import chain
from typing import Final

from producers.collector.body import Message, Scope, Send
from producers.collector.keys import Headers
from producers.errors import Refusal, Refused

__all__ = ["ENDS", "check_head", "ending"]

ENDS: Final = (b"connection", b"close")
MAX_BLOCK: Final = 16 * 1024  # names and values of all headers
MAX_LINE: Final = 8 * 1024
MAX_HEADERS: Final = 100


def check_head(scope: Scope, headers: Headers) -> None:
    """Raises Refused: URL, HEADERS, FRAMING."""
    if len(scope["query_string"]) > MAX_LINE or len(scope["path"]) > MAX_LINE:
        raise Refused(Refusal.URL, f"more than {MAX_LINE} bytes")
    every = scope["headers"]
    size = len(b"".join(headers)) + len(b"".join(headers.values()))  # a join is the quickest sum
    if len(headers) < len(every):
        size = sum(map(len, chain.from_iterable(every)))
    if size > MAX_BLOCK or len(every) > MAX_HEADERS:
        raise Refused(Refusal.HEADERS, f"more than {MAX_BLOCK} bytes or {MAX_HEADERS} headers")
    if size > MAX_LINE and any(len(name) + len(value) > MAX_LINE for name, value in every):
        raise Refused(Refusal.HEADERS, f"a header of more than {MAX_LINE} bytes")
    if b"transfer-encoding" in headers and b"content-length" in headers:
        raise Refused(Refusal.FRAMING, "a body has one length: Content-Length or chunks")


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
