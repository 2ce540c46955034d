"""Files that few may read and nobody may find half written: replaced whole, one writer at a time.

Or only ever appended to, line by line, by several.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

__all__ = ["Kept", "append_line", "locked", "opened_to_append", "read_private", "why_not_writable",
           "write_private"]  # fmt: skip


class Kept(Protocol):
    """A file's whole content. It says in which format it is."""

    @property
    def format(self) -> int:
        """Grows with what a former release could not read."""


K = TypeVar("K", bound=Kept)


def read_private(
    path: Path, kind: type[K], *, setting: str, what: str, make: str, newest: int, refused: type[Exception]
) -> K:
    """The content of a file that a setting names. `what` it is; `make`: the command that makes it.

    Raises `refused`, which says what is wrong and what to do.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError as error:
        raise refused(f"{setting}: {path} is not there: {make}") from error
    except OSError as error:
        raise refused(f"{setting}: cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise refused(f"{setting}: {path} is no {what}: {error}") from error
    if found.format > newest:
        raise refused(f"{setting}: {path} was written by a newer version (format {found.format})")
    return found


def write_private(path: Path, content: bytes) -> None:
    """Write at once and whole, mode 0600: readers see the old file or the new one. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other writers of this file out for as long as the block lasts; makes its directory. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a rename changes the file, so the lock lies beside it
        yield


def why_not_writable(path: Path) -> str:
    """What keeps a file from being replaced, "" = nothing that shows without trying: a mount may still refuse it."""
    if not os.access(path.parent, os.W_OK):
        return os.strerror(errno.EROFS)
    try:
        path.with_name(f"{path.name}.lock").open("a").close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def opened_to_append(path: Path) -> int:
    """A descriptor for `append_line`, mode 0600; makes its directory. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def append_line(file: int, line: bytes) -> None:
    """A line without its end, in one write, so that several may append. Raises OSError where half of it was taken.

    Such a half, left by a disk that was full, gets its end first: else it would make this line unreadable too.
    """
    size = os.fstat(file).st_size
    torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
    whole = (b"\n" if torn else b"") + line + b"\n"
    if os.write(file, whole) != len(whole):
        raise OSError(errno.ENOSPC, "half a line was taken")
