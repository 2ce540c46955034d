"""Rows as bytes: a header that can be read alone (format, version, wake_at, rules), then the row in MessagePack.

Restoring needs only the header to find each key's newest version, its due time, and whether other rules made it.
Headers of format 1 said nothing of rules; they are still read. Format 3 keeps former releases away from the rows of
those who are erased.
"""

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from msgspec import DecodeError
from msgspec.msgpack import Decoder, Encoder

from schemas.activity import Version
from schemas.errors import Undecodable
from schemas.rejected import Reason
from streams.core.account.row import Account
from streams.core.deal.contact import Contact
from streams.core.deal.fold import Deal
from streams.core.lead.row import Lead
from streams.core.recipient.fold import Recipient
from streams.core.visitor.fold import Visitor

__all__ = [
    "ERASING", "FORMAT", "NEVER", "NO_RULES", "ROWS", "WAKE_AT", "Header", "Row", "RowCodec", "header",
    "is_of_the_future", "rules_mark",
]  # fmt: skip

FORMAT: Final = 2
ERASING: Final = 3  # the same of a row that must not forget who is erased, as a release before would
_HEADER: Final = struct.Struct(">BIQq4s")  # format, epoch, offset, wake_at (0 = never), mark of the rules
_FORMER: Final = struct.Struct(">BIQq")  # format 1
_BEHIND: Final = {1: _FORMER.size, FORMAT: _HEADER.size, ERASING: _HEADER.size}  # where the row begins
_ENCODER: Final = Encoder()
WAKE_AT: Final = slice(13, 21)  # of an encoded row, any format ...
NEVER: Final = bytes(8)  # ... who finds this there need not read the header
NO_RULES: Final = b"\0\0\0\0"  # nothing in this row follows from rules but what came with its messages


class Row(Protocol):
    """What the engine asks of any row. Times are UTC milliseconds."""

    @property
    def version(self) -> Version:
        """The newest message folded into it."""
        ...

    @property
    def as_of(self) -> int:
        """The greatest time that it has seen."""
        ...

    @property
    def wake_at(self) -> int | None:
        """When the clock shall come back."""
        ...

    @property
    def rules_version(self) -> str:
        """Of the rules that it was folded with last, "" where it would be the same with any."""
        ...


R = TypeVar("R", bound=Row)


class Header(NamedTuple):
    """What an encoded row says of itself. `rules` None: one of format 1, which may have been made by any."""

    version: Version
    wake_at: int | None
    rules: bytes | None


class RowCodec(Generic[R]):
    """One table's rows. `kind` is its row type (or a tagged union of them)."""

    def __init__(self, kind: Any) -> None:
        self._decoder: Decoder[R] = Decoder(kind)

    def encode(self, row: R) -> bytes:
        """The row as the changelog keeps it."""
        version = row.version
        form = ERASING if getattr(row, "erased", None) else FORMAT
        head = _HEADER.pack(form, version.epoch, version.offset, row.wake_at or 0, rules_mark(row.rules_version))
        return head + _ENCODER.encode(row)

    def decode(self, raw: bytes) -> R:
        """Raises Undecodable: not a row, or one of a format that this release does not know."""
        begins = _BEHIND.get(raw[0]) if raw else None
        if begins is None:
            form = raw[0] if raw else "none"
            raise Undecodable(Reason.SCHEMA, f"row of format {form}, expected at most {ERASING}")
        try:
            return self._decoder.decode(memoryview(raw)[begins:])
        except (ValueError, RecursionError, DecodeError) as error:
            raise Undecodable(Reason.SCHEMA, f"not a row: {error}") from error


def header(raw: bytes) -> Header:
    """What an encoded row says of itself. Raises Undecodable."""
    rules: bytes | None = None
    try:
        if raw[:1] == b"\x01":
            _, epoch, offset, wake_at = _FORMER.unpack_from(raw)
        else:
            _, epoch, offset, wake_at, rules = _HEADER.unpack_from(raw)
    except struct.error as error:
        raise Undecodable(Reason.SCHEMA, "shorter than a row's header") from error
    return Header(Version(epoch, offset), wake_at or None, rules)


def is_of_the_future(raw: bytes) -> bool:
    """Whether a newer release wrote this row, in a format that this one does not know."""
    return raw[0] > max(_BEHIND)


@lru_cache(16)
def rules_mark(version: str) -> bytes:
    """How headers name a version of the rules: its first 4 bytes.

    >>> rules_mark("0a1b2c3d4e5f").hex(), rules_mark("") == NO_RULES
    ('0a1b2c3d', True)
    """
    return bytes.fromhex(version[:8]) if version else NO_RULES


ROWS: Final[Mapping[str, RowCodec[Any]]] = {
    "accounts": RowCodec(Account | Deal | Contact),
    "leads": RowCodec(Lead),
    "recipients": RowCodec(Recipient),
    "visitors": RowCodec(Visitor),
}
