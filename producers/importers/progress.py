"""How far an import came, in a file beside it: one that was interrupted goes on behind the last acknowledged row."""

from hashlib import blake2b
from pathlib import Path

from msgspec import DecodeError, Struct, json

__all__ = ["Progress", "digest_of", "progress_path"]


class _Kept(Struct):
    digest: str
    done: int
    rejected: int = 0


def progress_path(file: Path) -> Path:
    """Beside the file."""
    return file.with_name(f"{file.name}.import.json")


def digest_of(content: bytes, *said: str) -> str:
    """Of a file and of all that decides what its rows become."""
    return blake2b(content + "\0".join(said).encode(), digest_size=12).hexdigest()


class Progress:
    """`done` rows of this very file are safe, but for `rejected` of them, which lie beside it."""

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest
        self.done, self.rejected = self._read()

    def reached(self, done: int, *, rejected: int) -> None:
        """Written whole or not at all. Raises OSError."""
        self.done, self.rejected = done, rejected
        new = self._path.with_suffix(".new")
        new.write_bytes(json.encode(_Kept(self._digest, done, rejected)))
        new.replace(self._path)

    def finished(self) -> None:
        """The next run begins anew, and changes nothing."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> tuple[int, int]:
        try:
            kept = json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, DecodeError):
            return 0, 0
        return (kept.done, kept.rejected) if kept.digest == self._digest and kept.done > 0 else (0, 0)
