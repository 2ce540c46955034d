"""Cursors: where a list goes on. Opaque to callers; one of another list or of no list is refused."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, TypeVar

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from schemas.codec import encode
from streams.console.api.problems import Refused
from streams.readmodel.pages import Place

__all__ = ["cursor_of", "opaque", "place_of", "seen_through"]

LONGEST: Final = 600
T = TypeVar("T")


class _Cursor(Struct, frozen=True, array_like=True):
    index: str
    place: Place


_CURSOR: Final = Decoder(_Cursor)


def cursor_of(index: str, place: Place | None) -> str | None:
    """The text that leads behind this place."""
    return None if place is None else opaque(_Cursor(index, place))


def place_of(index: str, cursor: str | None) -> Place | None:
    """Where it leads. Raises Refused."""
    if cursor is None:
        return None
    try:
        read = seen_through(cursor, _CURSOR, longest=LONGEST)
    except (ValueError, MsgspecError) as error:
        raise _refused() from error
    if read.index != index:
        raise _refused()
    return read.place


def opaque(said: Any) -> str:
    """One of our structs as a word of an address."""
    return urlsafe_b64encode(encode(said)).decode().rstrip("=")


def seen_through(word: str, decoder: Decoder[T], *, longest: int) -> T:
    """What such a word says; of one with more characters its beginning. Raises ValueError, MsgspecError."""
    raw = word[:longest].encode()
    return decoder.decode(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))


def _refused() -> Refused:
    return Refused(400, "bad-cursor", "This cursor is of another list, or of none. Take `next` of the answer before, "
                                      "as it is, or leave it out to begin anew.")  # fmt: skip
