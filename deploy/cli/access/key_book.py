"""Writing the key file: new keys, ends of keys. One writer at a time; readers see the old file or the new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

import msgspec
from msgspec.structs import replace

from deploy.errors import BadKeys
from producers.collector.door.key_file import KeyEntry, KeyFile, Kind, digest, read_key_file, state_of
from producers.errors import BadSettings
from running.private_files import locked, write_private
from running.wall_clock import utc_ms

__all__ = ["KeyBook", "opened"]

# What secret scanners look for: `wk_` and 32, `sk_` and 48 hexadecimal digits.
_MADE: Final = {"public": ("wk_", 16), "server": ("sk_", 24)}
_SHOWN: Final = 4


class KeyBook:
    """The keys of a file, changed in memory. Messages of BadKeys say what there is."""

    def __init__(self, keys: tuple[KeyEntry, ...], *, at: int) -> None:
        self.keys = keys
        self.at = at

    def create(self, kind: Kind, source: str, *, lasts_ms: int | None = None) -> tuple[KeyEntry, str]:
        """A new key, told this once."""
        prefix, length = _MADE[kind]
        key = prefix + token_hex(length)
        entry = KeyEntry(
            id=f"k_{token_hex(4)}", kind=kind, source=source, hash=digest(key), hint=f"{prefix}…{key[-_SHOWN:]}",
            created_at=self.at, expires_at=None if lasts_ms is None else self.at + lasts_ms,
        )  # fmt: skip
        self.keys = (*self.keys, entry)
        return entry, key

    def revoke(self, named: str) -> KeyEntry:
        """Ends a key at once. Raises BadKeys."""
        found = self._named(named)
        if found.revoked_at is not None:
            raise BadKeys(f"{found.id} is revoked already")
        return self._put(replace(found, revoked_at=self.at))

    def rotate(self, named: str, *, overlap_ms: int) -> tuple[KeyEntry, KeyEntry, str]:
        """A new key of the same kind and source; the old one ends after the overlap. Raises BadKeys."""
        found = self._named(named)
        if state_of(found, now_ms=self.at) in {"revoked", "ended"}:
            raise BadKeys(f"{found.id} does not count any more; leadstream keys create makes a new one")
        end = self.at + overlap_ms
        old = self._put(replace(found, expires_at=min(end, found.expires_at or end)))
        new, key = self.create(found.kind, found.source)
        return old, new, key

    def _named(self, named: str) -> KeyEntry:
        """By its id, or by the whole key: who finds a leaked key has no id."""
        hashed = digest(named)
        for one in self.keys:
            if named == one.id or hashed == one.hash:
                return one
        known = ", ".join(f"{one.id} ({one.hint})" for one in self.keys) or "none"
        raise BadKeys(f"no key has this id, or is this key; known: {known}")

    def _put(self, entry: KeyEntry) -> KeyEntry:
        self.keys = tuple(entry if one.id == entry.id else one for one in self.keys)
        return entry


@contextmanager
def opened(path: Path, *, new: bool = False) -> Iterator[KeyBook]:
    """The book of this file, written when the block ends well. `new`: the file may still be missing. Raises BadKeys."""
    try:
        with locked(path):
            before = KeyFile() if new and not path.exists() else read_key_file(path)
            book = KeyBook(before.keys, at=utc_ms())
            yield book
            write_private(path, msgspec.json.format(msgspec.json.encode(KeyFile(keys=book.keys))))
    except BadSettings as error:
        raise BadKeys(str(error)) from error
    except OSError as error:
        raise BadKeys(f"{path} cannot be written: {error.strerror}") from error
