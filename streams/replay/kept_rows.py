"""The rows of a table as its changelog keeps them: of each key the newest version, partition by partition.

Only read: no group, no offset, nothing written. A partition is held in memory while it is read, never more than one.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, TypeAlias

from schemas.errors import Undecodable
from schemas.topics import changelog
from streams.core.rows import ROWS
from streams.window import Bounds, Keyed

__all__ = ["KeptRows", "Looks", "Told"]

AT_ONCE: Final = 5_000  # records between two words on how far it is
VERSION: Final = slice(1, 13)  # of an encoded row: epoch and offset
Told: TypeAlias = Callable[[str, int, int], None]  # table, records read, records in all


class Looks(Protocol):
    """`streams.window.Window`, or a stand-in."""

    def bounds_of(self, full_name: str) -> Bounds:
        """First offset and end of each partition."""

    def keyed(self, full_name: str, partition: int, *, first: int, end: int) -> Iterator[Keyed]:
        """Keys and values there, without the gaps that compaction left."""


class KeptRows:
    """`application`: the workers' group, the first part of the changelogs' names."""

    def __init__(self, look: Looks, *, application: str) -> None:
        self._look = look
        self._application = application

    def of(self, table: str, *, told: Told) -> Iterator[tuple[str, Any]]:
        """Key and row, or None for a row that cannot be read. Raises WindowShut."""
        full = changelog(table, app_id=self._application)
        bounds = self._look.bounds_of(full)
        total = sum(end - first for first, end in bounds.values())
        done = 0
        told(table, done, total)
        for partition, (first, end) in sorted(bounds.items()):
            newest: dict[bytes, bytes] = {}
            for at in range(first, end, AT_ONCE):
                until = min(end, at + AT_ONCE)
                for key, value in self._look.keyed(full, partition, first=at, end=until):
                    _take(newest, key, value)
                done += until - at
                told(table, done, total)
            yield from _decoded(table, newest)


def _take(newest: dict[bytes, bytes], key: bytes | None, value: bytes | None) -> None:
    if key is None:
        return
    if value is None:
        newest.pop(key, None)
        return
    held = newest.get(key)
    if held is None or held[VERSION] <= value[VERSION]:
        newest[key] = value


def _decoded(table: str, newest: dict[bytes, bytes]) -> Iterator[tuple[str, Any]]:
    codec = ROWS[table]
    for key, raw in newest.items():
        try:
            yield key.decode(), codec.decode(raw)
        except (Undecodable, UnicodeDecodeError):
            yield key.decode(errors="replace"), None
