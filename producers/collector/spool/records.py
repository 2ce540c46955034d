"""Records as the spool writes them: a mark, the length, a crc32c, the bytes. Pure.

A torn or damaged record is passed over: reading goes on at the next mark whose record is whole. A segment begins with a
header that names the version of this form and when it was begun; what a newer version wrote is not guessed at.
"""

from collections.abc import Sequence
from struct import Struct as Layout
from typing import Final, NamedTuple

from crc32c import crc32c
from msgspec import DecodeError
from msgspec.msgpack import Decoder, Encoder

__all__ = ["HEADER_BYTES", "Found", "Position", "Spooled", "begun_at", "framed", "header", "parse", "version_of"]

VERSION: Final = 1
_NAME: Final = b"LSSPOOL"
_HEADER: Final = Layout(">7sBQI")  # name, version, begun at (ms), crc32c of what is before it
_FRAME: Final = Layout(">4sII")  # mark, length, crc32c of the body
_POSITION: Final = Layout(">QQI")
_MARK: Final = b"\xf5LS\xf7"  # no byte of JSON in UTF-8 is f5 or f7
HEADER_BYTES: Final = _HEADER.size


class Spooled(NamedTuple):
    """One record on its way to Kafka. `topic` is the name on the broker."""

    topic: str
    partition: int
    value: bytes
    key: bytes | None = None


class Found(NamedTuple):
    """What lies in some bytes: whole records, how many bytes were read, how many places were damaged."""

    records: Sequence[Spooled]
    consumed: int
    torn: int


class Position(NamedTuple):
    """A place in the spool: what lies before it is in Kafka."""

    segment: int
    offset: int

    def packed(self) -> bytes:
        """For the file `position`."""
        body = _POSITION.pack(*self, 0)[:-4]
        return body + crc32c(body).to_bytes(4, "big")

    @classmethod
    def unpacked(cls, data: bytes) -> "Position":
        """The beginning where the bytes are damaged or missing: then more is replayed, nothing less."""
        if len(data) != _POSITION.size or crc32c(data[:-4]) != int.from_bytes(data[-4:], "big"):
            return cls(0, 0)
        segment, offset, _ = _POSITION.unpack(data)
        return cls(segment, offset)


_encode: Final = Encoder().encode
_decode: Final = Decoder(tuple[str, int, bytes, bytes | None]).decode


def framed(record: Spooled) -> bytes:
    """The bytes of one record."""
    body = _encode(tuple(record))
    return _FRAME.pack(_MARK, len(body), crc32c(body)) + body


def header(begun_at_ms: int) -> bytes:
    """The first bytes of a segment."""
    body = _HEADER.pack(_NAME, VERSION, begun_at_ms, 0)[:-4]
    return body + crc32c(body).to_bytes(4, "big")


def begun_at(data: bytes) -> int | None:
    """When a segment of this version was begun, None where its header is torn."""
    if len(data) < HEADER_BYTES or version_of(data) != VERSION:
        return None
    said: int = _HEADER.unpack_from(data)[2]
    return said if header(said) == data[:HEADER_BYTES] else None


def version_of(data: bytes) -> int:
    """The version that a header names, 0 where it is none."""
    return data[len(_NAME)] if data.startswith(_NAME) and len(data) > len(_NAME) else 0


def parse(data: bytes, *, final: bool) -> Found:
    """The records of some bytes that begin where a record does; `final`: nothing comes behind them.

    Not final, it stops before a record that goes on behind the bytes.
    """
    records: list[Spooled] = []
    offset = torn = 0
    while offset < len(data):
        end = _end_of(data, offset)
        if end is None and not final:
            break
        record = _whole(data, offset, end) if end is not None else None
        if record is None or end is None:
            torn += 1
            offset = _next(data, offset + 1, final=final)
        else:
            records.append(record)
            offset = end
    return Found(records, offset, torn)


def _end_of(data: bytes, offset: int) -> int | None:
    """Where the record at `offset` ends (its own begin where there is none), None: behind the data."""
    if data[offset : offset + 4] != _MARK[: len(data) - offset]:
        return offset
    if offset + _FRAME.size > len(data):
        return None
    end: int = offset + _FRAME.size + _FRAME.unpack_from(data, offset)[1]
    return end if end <= len(data) else None


def _whole(data: bytes, offset: int, end: int) -> Spooled | None:
    if end == offset:
        return None
    body = data[offset + _FRAME.size : end]
    if crc32c(body) != _FRAME.unpack_from(data, offset)[2]:
        return None
    try:
        return Spooled(*_decode(body))
    except DecodeError:
        return None


def _next(data: bytes, offset: int, *, final: bool) -> int:
    """Where the next record begins that is whole, or that may go on behind the data; else the end of the data."""
    while (at := data.find(_MARK, offset)) >= 0:
        end = _end_of(data, at)
        if (end is None and not final) or (end is not None and _whole(data, at, end) is not None):
            return at
        offset = at + 1
    return len(data) if final else max(offset, len(data) - len(_MARK) + 1)
