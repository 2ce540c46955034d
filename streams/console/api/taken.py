"""Bodies that programs send: small, and one of our structs. Raises Refused."""

from typing import Final, TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder
from starlette.requests import Request

from streams.console.api.problems import Refused

__all__ = ["taken"]

LARGEST: Final = 4_096  # bytes
T = TypeVar("T")


async def taken(request: Request, decoder: Decoder[T], *, shape: str, largest: int = LARGEST) -> T:
    """What the body says. `shape`: its name in openapi.json; `largest`: in bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise Refused(413, "too-large", f"A body has at most {largest} bytes.")
    try:
        return decoder.decode(body)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "bad-body", f"The body cannot be read: {error}. See {shape} in openapi.json.") from error
