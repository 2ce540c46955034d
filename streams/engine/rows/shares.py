"""The rows of a table in memory, one dict per partition: what Faust calls the table's store.

A partition that leaves takes its dict with it, so nobody need remember where each key belongs (100 bytes a row), and
nothing is walked through at a rebalance.
"""

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, Final, NamedTuple, TypeVar, overload

from faust.stores import base
from faust.types import TP

from schemas.topics import partition_of_bytes

__all__ = ["Mark", "Share", "Shares"]

D = TypeVar("D")


class Mark(NamedTuple):
    """Up to where in its changelog partition a saved copy goes, and by what that changelog is known again."""

    next_offset: int  # the first record that is not in it
    last_offset: int  # of the newest record that is
    last_sum: int  # CRC-32 of that record's key and value
    at: int  # when it was written, UTC milliseconds


class Share:
    """The rows of one partition. `read_to`: the next record of its changelog to be taken in."""

    __slots__ = ("inverted", "loaded", "read_to", "rows", "unsaved", "whole")

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.read_to = 0
        self.loaded: Mark | None = None  # it came from the local store, and its changelog is not compared yet
        self.whole = False  # its changelog was read to its end
        self.inverted: set[bytes] = set()  # a lower version lies behind the one that is kept
        self.unsaved: set[bytes] | None = None  # what the local store does not have yet; None: it has nothing

    def empty(self) -> None:
        """Starts anew, from the beginning of the changelog."""
        self.__init__()  # type: ignore[misc]


class Shares(base.Store[bytes, bytes]):
    """A mapping over all of them. Rows that are put into a partition that was never assigned make a share too."""

    mundane_level = "debug"  # that Faust starts it is no news

    def __init__(self, *where: Any, partitions: int, **options: Any) -> None:
        super().__init__(*where, **options)
        self._partitions: Final = partitions
        self._shares: dict[int, Share] = {}

    def share(self, partition: int) -> Share:
        """The rows of a partition; none, where it is new here."""
        share = self._shares.get(partition)
        if share is None:
            share = self._shares[partition] = Share()
        return share

    def held(self) -> dict[int, Share]:
        """All of them by partition."""
        return dict(self._shares)

    def drop(self, partition: int) -> Share | None:
        """Gives a partition's rows away."""
        return self._shares.pop(partition, None)

    # ─── the mapping
    @overload
    def get(self, key: bytes, /) -> bytes | None: ...
    @overload
    def get(self, key: bytes, default: D, /) -> bytes | D: ...
    def get(self, key: bytes, default: Any = None, /) -> Any:
        """The row, as bytes."""
        share = self._shares.get(partition_of_bytes(key, self._partitions))
        return default if share is None else share.rows.get(key, default)

    def __getitem__(self, key: bytes) -> bytes:
        return self._shares[partition_of_bytes(key, self._partitions)].rows[key]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.keep(partition_of_bytes(key, self._partitions), key, value)

    def keep(self, partition: int, key: bytes, value: bytes) -> None:
        """Sets a row of this partition."""
        share = self._shares.get(partition) or self.share(partition)
        share.rows[key] = value
        if share.unsaved is not None:
            share.unsaved.add(key)

    def __delitem__(self, key: bytes) -> None:
        share = self._shares[partition_of_bytes(key, self._partitions)]
        del share.rows[key]
        if share.unsaved is not None:
            share.unsaved.add(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.get(key) is not None

    def __len__(self) -> int:
        return sum(len(share.rows) for share in self._shares.values())

    def __iter__(self) -> Iterator[bytes]:
        for share in self._shares.values():
            yield from share.rows

    # Faust's base has faster ones that want a single dict
    keys = MutableMapping.keys
    values = MutableMapping.values
    items = MutableMapping.items
    update = MutableMapping.update

    def clear(self) -> None:
        """Forgets all rows; the table has collected their tombstones."""
        for share in self._shares.values():
            if share.unsaved is not None:
                share.unsaved.update(share.rows)
            share.rows.clear()

    # ─── what Faust asks of a store
    def persisted_offset(self, tp: TP) -> None:
        """Nothing that Faust should know: restoring is ours."""

    def reset_state(self) -> None:
        """Nothing: `leadstream` has no command that resets."""

    def apply_changelog_batch(self, batch: Iterable[Any], *_: Any, **__: Any) -> None:
        """Restoring is ours: Faust never reads a changelog. Raises TypeError where it does."""
        if any(True for _ in batch):
            raise TypeError("rows are restored by streams/engine/rows/restoring.py")

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """The changelog is the back-up."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """The changelog is the back-up."""
