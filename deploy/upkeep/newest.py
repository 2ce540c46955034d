"""What a compacted topic says in the end: of each key the newest version, and one digest of all of it.

Rows and cards carry their version, so neither the order of partitions nor a late copy of an older one matters.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct
from msgspec.json import Decoder

from deploy.upkeep.broker import Piece

__all__ = ["Newest", "card_version", "row_version"]

_VERSION_BYTES: Final = slice(1, 13)  # of a row: epoch and offset, big-endian


class _Versioned(Struct, frozen=True):
    version: tuple[int, int] = (0, 0)


_CARD: Final = Decoder(_Versioned)


def row_version(value: bytes) -> Any:
    """A row's version: comparable with those of other rows."""
    return value[_VERSION_BYTES]


def card_version(value: bytes) -> Any:
    """The version of a card or a move: that of the row which said it."""
    return _CARD.decode(value).version


class Newest:
    """Takes records in; keeps of each key a version and 16 bytes of digest, not the record."""

    def __init__(self, version_of: Callable[[bytes], Any]) -> None:
        self._version_of = version_of
        self._kept: dict[bytes, tuple[Any, bytes]] = {}

    def take(self, piece: Piece) -> None:
        """One record, in the order of its partition."""
        if piece.key is None:
            return
        if piece.value is None:
            self._kept.pop(piece.key, None)
            return
        version = self._version_of(piece.value)
        kept = self._kept.get(piece.key)
        if kept is None or kept[0] <= version:
            self._kept[piece.key] = version, blake2b(piece.key + b"\0" + piece.value, digest_size=16).digest()

    def take_all(self, pieces: Iterable[Piece]) -> "Newest":
        """All of them; itself."""
        for piece in pieces:
            self.take(piece)
        return self

    def __len__(self) -> int:
        return len(self._kept)

    def digest(self) -> str:
        """The same for the same keys and newest values, in whatever order and partition they came."""
        total = 0
        for _, one in self._kept.values():
            total ^= int.from_bytes(one, "big")
        return f"{total:032x}"
