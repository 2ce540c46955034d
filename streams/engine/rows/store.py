"""The local store: a copy of this worker's acknowledged rows on its own disk, so that a restart need not read it all.

Rows live in memory; what lies here is never asked while the worker runs, and never believed without proof: it must
bear this worker's names, be no older than a day (younger than any tombstone may be compacted away), and its last
record must lie in the changelog where and as it was. What is not proved is read from the changelog.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import structlog
from msgspec.json import encode

from streams.engine.rows.shares import Mark
from streams.engine.rows.store_file import Loaded, begin_file, extend, load
from streams.errors import StoreUnusable
from streams.metrics import Metrics

__all__ = ["OLDEST_MS", "Store"]

OLDEST_MS: Final = 24 * 3600 * 1000  # changelogs keep all records of a day, and a tombstone for a day more
REST_S: Final = 0.001  # between blocks
GROWN: Final = 2  # a file of more than twice its whole rows ...
SMALL: Final = 8 * 1024 * 1024  # ... and of more bytes than this is written anew ...
WHOLE_MS: Final = OLDEST_MS // 2  # ... and so is one this old: what rows held of somebody who is erased goes with it

_log = structlog.get_logger("streams.engine")


class Store:
    """Files below `place`. `names`: what must be the same for them to be ours. All calls block: use a thread.

    One process at a time: who comes second works without.
    """

    def __init__(self, place: Path, *, names: Sequence[str | int], now: Callable[[], int], metrics: Metrics) -> None:
        self._place = place
        self._names = names
        self._now = now
        self._metrics = metrics
        self._ours: int | None = None  # the lock file: it is held as long as the process lives
        self._turn = Lock()  # a partition that went and came back: its last save may still be under way
        # Bytes that count, bytes when it was written whole, and when that was.
        self._sizes: dict[tuple[str, int], tuple[int, int, int]] = {}

    def open(self) -> bool:
        """Whether the place is ours alone."""
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            self._ours = os.open(self._place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            _log.warning("no_local_store", place=str(self._place), error=error.strerror)
            return False
        return True

    def load(self, table: str, partition: int) -> Loaded | None:
        """What lies here of a partition, if it may be ours. Its mark is still to be compared with the changelog."""
        path = self._path(table, partition)
        try:
            with self._turn:
                found = self._trusted(path, self._name(table, partition))
                self._sizes[table, partition] = found.size, found.size, found.begun_at
        except FileNotFoundError:
            return None
        except OSError as error:
            self.distrust(table, partition, reason="unreadable", error=error.strerror)
            return None
        except StoreUnusable as error:
            self.distrust(table, partition, reason=str(error))
            return None
        return found

    def _trusted(self, path: Path, name: bytes) -> Loaded:
        found = load(path, name)
        if abs(self._now() - found.mark.at) > OLDEST_MS:
            raise StoreUnusable("old")
        return found

    def distrust(self, table: str, partition: int, *, reason: str, error: str | None = None) -> None:
        """This copy is not used: its changelog is read from the beginning. The next save writes it anew."""
        self._sizes.pop((table, partition), None)
        self._metrics.count("store_distrusted", reason)
        _log.warning("store_distrusted", table=table, partition=partition, reason=reason, error=error)

    def must_be_whole(self, table: str, partition: int) -> bool:
        """Whether the next save must hold all rows: there is no file, or it has grown too far beyond them, or old."""
        size, whole, begun_at = self._sizes.get((table, partition), (0, 0, 0))
        return not size or size > max(SMALL, GROWN * whole) or self._now() - begun_at > WHOLE_MS

    def save(self, table: str, partition: int, pairs: Iterator[tuple[bytes, bytes]], *, mark: Mark) -> None:
        """Adds changes to the file. Raises OSError, StoreUnusable; then it must be written whole."""
        with self._turn:
            size, whole, begun_at = self._sizes.pop((table, partition), (0, 0, 0))
            if not size:
                raise StoreUnusable("gone")
            size = extend(self._path(table, partition), size, pairs, mark=mark, rest=_rest)
            self._sizes[table, partition] = size, whole, begun_at

    def save_whole(self, table: str, partition: int, pairs: Iterator[tuple[bytes, bytes]], *, mark: Mark) -> None:
        """Writes all rows to a new file, which takes the place of the old one at once. Raises OSError."""
        path = self._path(table, partition)
        new = path.with_suffix(".new")
        with self._turn:
            self._sizes.pop((table, partition), None)
            begin_file(new, self._name(table, partition))
            size = extend(new, new.stat().st_size, pairs, mark=mark, rest=_rest)
            _to_disk(new)
            new.replace(path)
            self._sizes[table, partition] = size, size, mark.at
            self._drop_old()

    def _drop_old(self) -> None:
        """Files of partitions that are others' by now: nobody trusts them any more, and they name people."""
        for path in self._place.glob("*.rows"):
            if self._now() - path.stat().st_mtime_ns // 1_000_000 > OLDEST_MS:
                path.unlink()

    @property
    def size(self) -> int:
        """Bytes of all files that count."""
        return sum(size for size, _, _ in list(self._sizes.values()))

    def _path(self, table: str, partition: int) -> Path:
        return self._place / f"{table}-{partition}.rows"

    def _name(self, table: str, partition: int) -> bytes:
        return encode(["leadstream rows 1", *self._names, table, partition])


def _rest() -> None:
    time.sleep(REST_S)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
