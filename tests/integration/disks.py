"""What happens to a worker's local store between two of its lives, and what it holds."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from streams.engine.rows.store_file import load
from tests.integration.bus import Bus

__all__ = ["DISKS", "Happens", "stored"]

Happens: TypeAlias = Callable[[Path, Random], None]  # gets the directory that holds the files


def nothing(_place: Path, _chance: Random) -> None:
    """It is as the worker left it, in the middle of whatever it wrote."""


def lost(place: Path, _chance: Random) -> None:
    """A new disk."""
    shutil.rmtree(place)


def flipped(place: Path, chance: Random) -> None:
    """One byte of each file."""
    for path in place.glob("*.rows"):
        raw = bytearray(path.read_bytes())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        path.write_bytes(raw)


def torn(place: Path, chance: Random) -> None:
    """Each file ends somewhere before its end."""
    for path in place.glob("*.rows"):
        os.truncate(path, chance.randrange(path.stat().st_size))


def swapped(place: Path, _chance: Random) -> None:
    """Each file bears the name of another partition."""
    paths = sorted(place.glob("*.rows"))
    for path in paths:
        path.rename(path.with_suffix(".moving"))
    for path, name in zip(paths, paths[1:] + paths[:1], strict=True):
        path.with_suffix(".moving").rename(name)


DISKS: Final[Mapping[str, Happens]] = {
    "kept": nothing,
    "lost": lost,
    "corrupt": flipped,
    "torn": torn,
    "swapped": swapped,
}


def stored(place: Path, bus: Bus, table: str) -> dict[bytes, bytes]:
    """All rows of a table that lie in a worker's store. Raises StoreUnusable, FileNotFoundError."""
    found: dict[bytes, bytes] = {}
    for partition in range(bus.partitions):
        path = place / f"{table}-{partition}.rows"
        if path.exists():
            found |= load(path, _name_in(path)).rows
    return found


def _name_in(path: Path) -> bytes:
    """The name that a file bears: whose it is is not asked here."""
    raw = path.read_bytes()[:4096]
    return raw[13 : 13 + int.from_bytes(raw[5:9], "big")]
