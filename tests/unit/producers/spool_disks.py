"""A disk in memory that loses what a machine loses: everything that was not synced, or any part of it."""

from collections.abc import Callable
from pathlib import Path

from producers.collector.spool.disk import Disk

__all__ = ["Crash", "MemoryDisk"]


class Crash(BaseException):
    """The machine is gone."""


class _File:
    def __init__(self) -> None:
        self.data = bytearray()
        self.synced = 0
        self.named = False


class MemoryDisk(Disk):
    """`before(step)` is called before each step and in the middle of each write: it may raise Crash or OSError."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.files: dict[int, _File] = {}
        self.position = b""
        self.aside = b""
        self.before: Callable[[str], None] = lambda _: None

    def lost(self, kept: Callable[[int], int]) -> "MemoryDisk":
        """The disk after the crash: of `n` bytes that were not synced the first `kept(n)` are there."""
        after = MemoryDisk()
        after.position = self.position
        for number, one in self.files.items():
            behind = len(one.data) - one.synced
            if not one.named and not kept(behind):
                continue  # the name was never synced
            file = after.files[number] = _File()
            file.data = bytearray(one.data[: one.synced + kept(behind)])
            file.synced, file.named = len(file.data), True
        return after

    def lock(self) -> None:
        self.before("lock")

    def unlock(self) -> None:
        self.before("unlock")

    def numbers(self) -> list[int]:
        return sorted(self.files)

    def create(self, number: int) -> int:
        self.before("create")
        assert number not in self.files
        self.files[number] = _File()
        return number

    def open(self, number: int) -> int:
        return number

    def size(self, number: int) -> int:
        return len(self.files[number].data)

    def write(self, file: int, data: bytes) -> None:
        self.before("write")
        half = len(data) // 2
        self.files[file].data += data[:half]
        self.before("half a write")
        self.files[file].data += data[half:]

    def sync(self, file: int) -> None:
        self.before("sync")
        self.files[file].synced = len(self.files[file].data)

    def sync_names(self) -> None:
        self.before("sync names")
        for one in self.files.values():
            one.named = True

    def cut(self, file: int, size: int) -> None:
        self.before("cut")
        del self.files[file].data[size:]
        self.files[file].synced = min(self.files[file].synced, size)

    def read(self, file: int, offset: int, *, most: int) -> bytes:
        return bytes(self.files[file].data[offset : offset + most])

    def close(self, file: int) -> None:
        self.before("close")

    def remove(self, number: int) -> None:
        self.before("remove")
        self.files.pop(number, None)

    def noted(self) -> bytes:
        return self.position

    def note(self, position: bytes) -> None:
        self.before("note")
        self.position = position[: len(position) // 2]
        self.before("half a note")
        self.position = position

    def set_aside(self, data: bytes) -> None:
        self.before("set aside")
        self.aside += data
