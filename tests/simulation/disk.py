"""The local store without files: what a process finds again that starts where another one ended."""

from collections.abc import Callable, Iterator
from typing import Final

from streams.engine.rows.shares import Mark
from streams.engine.rows.store import OLDEST_MS
from streams.engine.rows.store_file import Loaded
from streams.errors import StoreUnusable

__all__ = ["Disk", "Files"]

Files = dict[tuple[str, int], Loaded]
WHOLE: Final = 5  # every fifth save of a partition is one of all its rows


class Disk:
    """`streams/engine/rows/store.py` for one process; the files outlive it."""

    def __init__(self, files: Files, *, now: Callable[[], int]) -> None:
        self.files = files
        self._now = now
        self._saves: dict[tuple[str, int], int] = {}  # of the files that this process knows

    def load(self, table: str, partition: int) -> Loaded | None:
        """What lies here of a partition."""
        found = self.files.get((table, partition))
        if found is None or abs(self._now() - found.mark.at) > OLDEST_MS:
            self._saves.pop((table, partition), None)
            return None
        self._saves[table, partition] = 0
        return found._replace(rows=dict(found.rows))

    def distrust(self, table: str, partition: int, *, reason: str, error: str | None = None) -> None:
        """This copy is not used."""
        self._saves.pop((table, partition), None)

    def must_be_whole(self, table: str, partition: int) -> bool:
        """Whether the next save must hold all rows."""
        return self._saves.get((table, partition), WHOLE) >= WHOLE

    def save(self, table: str, partition: int, pairs: Iterator[tuple[bytes, bytes]], *, mark: Mark) -> None:
        """Adds changes. Raises StoreUnusable."""
        if (table, partition) not in self._saves:
            raise StoreUnusable("gone")
        rows = self.files[table, partition].rows | dict(pairs)
        self._keep(table, partition, rows, mark=mark)
        self._saves[table, partition] += 1

    def save_whole(self, table: str, partition: int, pairs: Iterator[tuple[bytes, bytes]], *, mark: Mark) -> None:
        """All rows in place of what was there."""
        self._keep(table, partition, dict(pairs), mark=mark)
        self._saves[table, partition] = 0

    def _keep(self, table: str, partition: int, rows: dict[bytes, bytes], *, mark: Mark) -> None:
        self.files[table, partition] = Loaded({key: row for key, row in rows.items() if row}, mark, len(rows))
