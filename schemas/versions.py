"""A record that was brought into another epoch keeps the version that it had, in a header of its own.

So folding it again is a replay and nothing else: rows that hold it stay as they are and say their effects again.
"""

from collections.abc import Iterable
from struct import Struct as Layout
from typing import Final

from schemas.activity import Version

__all__ = ["VERSION_HEADER", "kept_version", "packed", "unpacked"]

VERSION_HEADER: Final = "leadstream-version"
_LAYOUT: Final = Layout(">IQ")  # epoch and offset: bytes compare as versions do


def packed(version: Version) -> bytes:
    """A version as rows and headers write it: 12 bytes.

    >>> packed(Version(1, 2)).hex()
    '000000010000000000000002'
    """
    return _LAYOUT.pack(*version)


def unpacked(raw: bytes) -> Version:
    """The reverse. Raises struct.error."""
    return Version(*_LAYOUT.unpack(raw))


def kept_version(headers: Iterable[tuple[str, bytes | None]] | None) -> bytes | None:
    """The packed version that a record's headers carry, None where they carry none."""
    for name, value in headers or ():
        if name == VERSION_HEADER and value is not None and len(value) == _LAYOUT.size:
            return value
    return None
