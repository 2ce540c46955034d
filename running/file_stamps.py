"""What a file looks like from outside: another stamp, and it was written or replaced since."""

from pathlib import Path
from typing import TypeAlias

__all__ = ["Stamp", "stamp_of"]

Stamp: TypeAlias = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp:
    """Its time in nanoseconds, its size in bytes, and which file it is. Raises OSError."""
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino
