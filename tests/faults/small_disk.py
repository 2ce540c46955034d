"""A disk of a few megabytes, to be filled: a tmpfs, mounted for a test and gone afterwards."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

__all__ = ["SmallDisk", "small_disk"]

BALLAST = "ballast"


class SmallDisk:
    """Where it is mounted, and how full it is."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def free(self) -> int:
        """Bytes that can still be written."""
        found = os.statvfs(self.place)
        return found.f_bavail * found.f_frsize

    def fill(self, *, leave: int) -> None:
        """Ballast until `leave` bytes are free, or none, since others write as well."""
        with suppress(OSError), (self.place / BALLAST).open("ab") as out:
            out.write(bytes(max(0, self.free() - leave)))

    def relieve(self) -> None:
        """The ballast goes."""
        (self.place / BALLAST).unlink()


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """A tmpfs at `place`; skips where we may not mount one."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root only")
    place.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if made.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted: {made.stderr.decode().strip()}")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
