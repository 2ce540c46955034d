"""Rows as bytes: a header that can be read alone (format, version, wake_at), then the row in MessagePack.

Restoring needs only the header to find each key's newest version and its due time.
"""

import struct
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from msgspec import DecodeError
from msgspec.msgpack import Decoder, Encoder

from schemas.activity import Version
from schemas.errors import Undecodable
from schemas.rejected import Reason
from streams.core.account_row import Account
from streams.core.contact import Contact
from streams.core.deal import Deal
from streams.core.lead_row import Lead
from streams.core.recipient import Recipient
from streams.core.visitor import Visitor

__all__ = ["ROWS", "Row", "RowCodec", "header"]

_HEADER: Final = struct.Struct(">BIQq")  # format, epoch, offset, wake_at (0 = never)
_ENCODER: Final = Encoder()


class Row(Protocol):
    """What the engine asks of any row. Times are UTC milliseconds."""

    FORMAT: ClassVar[int]

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


R = TypeVar("R", bound=Row)


class RowCodec(Generic[R]):
    """One table's rows. `kind` is its row type (or a tagged union of them)."""

    def __init__(self, kind: Any, *, row_format: int = 1) -> None:
        self._decoder: Decoder[R] = Decoder(kind)
        self._format = row_format

    def encode(self, row: R) -> bytes:
        """The row as the changelog keeps it."""
        head = _HEADER.pack(row.FORMAT, row.version.epoch, row.version.offset, row.wake_at or 0)
        return head + _ENCODER.encode(row)

    def decode(self, raw: bytes) -> R:
        """Raises Undecodable: not a row, or one of a format that this release does not know."""
        if not raw or raw[0] != self._format:
            raise Undecodable(Reason.SCHEMA, f"row of format {raw[0] if raw else 'none'}, expected {self._format}")
        try:
            return self._decoder.decode(memoryview(raw)[_HEADER.size :])
        except (ValueError, RecursionError, DecodeError) as error:
            raise Undecodable(Reason.SCHEMA, f"not a row: {error}") from error


def header(raw: bytes) -> tuple[Version, int | None]:
    """Version and wake_at of an encoded row. Raises Undecodable."""
    try:
        _, epoch, offset, wake_at = _HEADER.unpack_from(raw)
    except struct.error as error:
        raise Undecodable(Reason.SCHEMA, "shorter than a row's header") from error
    return Version(epoch, offset), wake_at or None


ROWS: Final[Mapping[str, RowCodec[Any]]] = {
    "accounts": RowCodec(Account | Deal | Contact),
    "leads": RowCodec(Lead),
    "recipients": RowCodec(Recipient),
    "visitors": RowCodec(Visitor),
}
