"""What the spool asks of the disk: one directory, one method for each step, so that a test can stop at any of them.

Segments are files `0000000001.spool`, numbers only grow. `position` says how far they were replayed, `refused` keeps
what Kafka will never take, `lock` is held while a collector lives. All are for the owner's eyes only.
"""

import fcntl
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from producers.errors import BadSettings

__all__ = ["Disk"]

VARIABLE: Final = "LEADSTREAM_SPOOL__DIRECTORY"
_SEGMENT: Final = re.compile(r"(\d{10})\.spool")
_MODE: Final = 0o600
_SYNC: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Disk:
    """Used by one thread at a time. Every method but `lock` raises OSError."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._names = -1
        self._lock = -1

    def lock(self) -> None:
        """Makes the directory and takes it for this process. Raises BadSettings where that cannot be."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._names = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadSettings(f"{VARIABLE}: another collector uses {self.directory}: give each its own") from error
        except OSError as error:
            raise BadSettings(f"{VARIABLE}: cannot write {self.directory}: {error.strerror}") from error

    def numbers(self) -> list[int]:
        """The segments that are there, oldest first."""
        found = (_SEGMENT.fullmatch(path.name) for path in self.directory.iterdir())
        return sorted(int(one[1]) for one in found if one)

    def create(self, number: int) -> int:
        """A new segment, open for appending."""
        return os.open(self._path(number), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)

    def open(self, number: int) -> int:
        """A segment that is there, for reading."""
        return os.open(self._path(number), os.O_RDONLY | os.O_CLOEXEC)

    def size(self, number: int) -> int:
        """Bytes of a segment."""
        return self._path(number).stat().st_size

    def write(self, file: int, data: bytes) -> None:
        """Appends all of it, or fails with a part of it written."""
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]

    def sync(self, file: int) -> None:
        """What was written outlives the machine from here on."""
        _SYNC(file)

    def sync_names(self) -> None:
        """So do the names of the files."""
        os.fsync(self._names)

    def cut(self, file: int, size: int) -> None:
        """Takes back what lies behind `size`."""
        os.ftruncate(file, size)

    def read(self, file: int, offset: int, *, most: int) -> bytes:
        """Up to `most` bytes from `offset` on; fewer only at the end of the file."""
        pieces: list[bytes] = []
        while most and (piece := os.pread(file, most, offset)):
            pieces.append(piece)
            offset += len(piece)
            most -= len(piece)
        return b"".join(pieces)

    def close(self, file: int) -> None:
        """Lets go of a segment."""
        os.close(file)

    def remove(self, number: int) -> None:
        """Forgets a segment."""
        with suppress(FileNotFoundError):
            self._path(number).unlink()

    def noted(self) -> bytes:
        """The position as it was noted last, b"" where none was."""
        with suppress(FileNotFoundError):
            return (self.directory / "position").read_bytes()
        return b""

    def note(self, position: bytes) -> None:
        """Notes a position over the one before, which has the same length. A lost note costs copies, nothing else."""
        file = os.open(self.directory / "position", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            os.pwrite(file, position, 0)
        finally:
            os.close(file)

    def set_aside(self, data: bytes) -> None:
        """Keeps what Kafka will never take, for people to look at."""
        file = os.open(self.directory / "refused", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            self.write(file, data)
            self.sync(file)
        finally:
            os.close(file)

    def unlock(self) -> None:
        """Lets another collector have the directory."""
        for file in (self._lock, self._names):
            if file >= 0:
                os.close(file)
        self._lock = self._names = -1

    def _path(self, number: int) -> Path:
        return self.directory / f"{number:010}.spool"
