"""Gzip by its first two bytes, whatever the headers say: bounded while inflating, one layer, one member."""

import zlib
from typing import Final

from producers.errors import Refusal, Refused

__all__ = ["MAX_BODY", "MAX_WIRE", "inflated"]

MAX_WIRE: Final = 512 * 1024  # as it came
MAX_BODY: Final = 500 * 1024  # after inflating
MAGIC: Final = b"\x1f\x8b"
_GZIP: Final = 16 + zlib.MAX_WBITS
# What we would have to read to understand the body, and do not.
_UNREAD: Final = frozenset({b"br", b"zstd", b"compress", b"deflate"})


def inflated(body: bytes, encoding: bytes | None) -> bytes:
    """The body as text. Raises Refused: TOO_LARGE, GZIP, MULTI_MEMBER, ENCODING."""
    if body[:2] != MAGIC:
        if encoding and not _is_plain(encoding):
            _refuse_encoding(encoding)
        if len(body) > MAX_BODY:
            raise Refused(Refusal.TOO_LARGE, f"more than {MAX_BODY} bytes")
        return body
    text = _one_member(body)
    if text[:2] == MAGIC:
        raise Refused(Refusal.ENCODING, "gzip in gzip")
    return text


def _one_member(body: bytes) -> bytes:
    stream = zlib.decompressobj(_GZIP)
    try:
        text = stream.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise Refused(Refusal.GZIP, "broken gzip") from error
    if len(text) > MAX_BODY:
        raise Refused(Refusal.TOO_LARGE, f"more than {MAX_BODY} bytes after inflating")
    if not stream.eof:
        raise Refused(Refusal.GZIP, "cut off gzip")
    if stream.unused_data.startswith(MAGIC):
        raise Refused(Refusal.MULTI_MEMBER, "more than one gzip member")
    return text


def _is_plain(encoding: bytes) -> bool:
    return encoding.strip().lower() in {b"identity", b""}


def _refuse_encoding(encoding: bytes) -> None:
    names = {name.strip().lower() for name in encoding.split(b",")}
    if names & _UNREAD:
        raise Refused(Refusal.ENCODING, "send it plain or as gzip")
    if b"gzip" in names:
        raise Refused(Refusal.GZIP, "the header says gzip, the body is not")
