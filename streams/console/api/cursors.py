"""Cursors: where a list goes on. Opaque to callers; one of another list or of no list is refused."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from schemas.codec import encode
from streams.console.api.problems import Refused
from streams.readmodel.pages import Place

__all__ = ["cursor_of", "place_of"]

LONGEST: Final = 600


class _Cursor(Struct, frozen=True, array_like=True):
    index: str
    place: Place


_CURSOR: Final = Decoder(_Cursor)


def cursor_of(index: str, place: Place | None) -> str | None:
    """The text that leads behind this place."""
    return None if place is None else urlsafe_b64encode(encode(_Cursor(index, place))).decode().rstrip("=")


def place_of(index: str, cursor: str | None) -> Place | None:
    """Where it leads. Raises Refused."""
    if cursor is None:
        return None
    try:
        read = _CURSOR.decode(urlsafe_b64decode(cursor[:LONGEST].encode() + b"=" * (-len(cursor[:LONGEST]) % 4)))
    except (ValueError, MsgspecError) as error:
        raise _refused() from error
    if read.index != index:
        raise _refused()
    return read.place


def _refused() -> Refused:
    return Refused(400, "bad-cursor", "This cursor is of another list, or of none. Take `next` of the answer before, "
                                      "as it is, or leave it out to begin anew.")  # fmt: skip
