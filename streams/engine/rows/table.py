"""Rows as bytes in a Faust table whose changes are collected, sent by us, and restored by version.

A row's first 21 bytes say its version and when it wants to be woken: format, epoch, offset, wake_at (`>BIQq`); from
format 2 on four more name the rules that made it. Stock tables queue one message a write behind Faust's buffer and
restore the *last* record of a key; here the book sends, and restoring keeps the *highest* version: a worker that was
paused past its session may have written an older row behind a newer one.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import structlog
from faust import Table
from faust.types import TP

from schemas.topics import partition_of_bytes
from streams.core.rows import is_of_the_future
from streams.engine.guards.exits import STOPPED, Die, die
from streams.engine.rows.shares import Share, Shares
from streams.engine.rows.tails import Tails
from streams.errors import Unreadable

__all__ = ["HEADER_BYTES", "Keeper", "Lanes", "RowTable"]

HEADER_BYTES: Final = 21
_VERSION: Final = slice(1, 13)  # epoch and offset, big-endian: bytes compare as numbers do

_log = structlog.get_logger("streams.engine")


class Keeper(Protocol):
    """Who keeps the rows as values (the book) and hears what restoring and rebalancing did to them."""

    def dropped(self, rows: Container[bytes]) -> None:
        """These rows are gone: their partition moved away, or is about to be read again."""

    async def restored(self, rows: Mapping[bytes, bytes], inverted: Sequence[bytes]) -> None:
        """A partition's rows are back; of the inverted ones a lower version lay behind and must be overwritten."""


Lanes: TypeAlias = dict[int, dict[bytes, bytes | None]]  # rows by partition; None is a tombstone


class Written(Protocol):
    """A changelog record, as the reader gives it."""

    @property
    def key(self) -> bytes | None:
        """The row's key."""

    @property
    def value(self) -> bytes | None:
        """The row; None takes it away."""

    @property
    def offset(self) -> int:
        """Where it lies."""


class RowTable(Table[bytes, bytes]):
    """`faust.App(Table=RowTable)`; declare with `key_type=bytes, value_type=bytes, partitions=n`, nothing else."""

    app: Any
    data: Shares

    def __init__(self, app: Any, *, die: Die = die, **options: Any) -> None:
        super().__init__(app, **options)
        if self.key_type is not bytes or self.value_type is not bytes:  # anything else means JSON and never recovers
            raise TypeError(f"table {self.name}: key_type and value_type must be bytes")
        if not self.partitions:
            raise TypeError(f"table {self.name}: partitions must be given")
        self._cut: int = self.partitions
        self._die = die
        self._keeper: Keeper | None = None
        self._changed: Lanes = {}
        self._generation = 0  # of the group, when partitions were given out last
        self.tails = Tails()

    def _new_store(self) -> Shares:
        return Shares("memory://", self.app, self, partitions=self._cut, table_name=self.name, key_type=bytes,
                      value_type=bytes, loop=self.loop)  # fmt: skip

    def attach(self, keeper: Keeper) -> None:
        """The book of this table."""
        self._keeper = keeper

    def partition_for_key(self, key: bytes) -> int:
        """Always named by us, the same as in the inbox."""
        return partition_of_bytes(key, self._cut)

    # ─── what changes rows: collected here, sent by the book
    def on_key_get(self, key: bytes) -> None:
        """Nothing: the stock one calls a sensor."""

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Collects the row."""
        self._lane_of(key)[key] = value

    def on_key_del(self, key: bytes) -> None:
        """Collects the tombstone, which must not overtake the rows before it."""
        self._lane_of(key)[key] = None

    def on_clear(self) -> None:
        """Collects a tombstone for each row."""
        for key in list(self.data):
            self.on_key_del(key)

    def put(self, key: bytes, row: bytes) -> None:
        """Sets a row as `table[key] = row` does, without Faust's steps in between."""
        partition = partition_of_bytes(key, self._cut)
        lane = self._changed.get(partition)
        if lane is None:
            lane = self._changed[partition] = {}
        lane[key] = row
        self.data.keep(partition, key, row)

    def _lane_of(self, key: bytes) -> dict[bytes, bytes | None]:
        return self._changed.setdefault(partition_of_bytes(key, self._cut), {})

    def take(self, keys: Iterable[bytes] | None = None) -> Lanes:
        """The changes that were not taken yet, by partition: all, or those of some keys."""
        if keys is None:
            changed, self._changed = self._changed, {}
            return changed
        taken: Lanes = {}
        for key in keys:
            partition = partition_of_bytes(key, self._cut)
            lane = self._changed.get(partition, {})
            if key in lane:
                taken.setdefault(partition, {})[key] = lane.pop(key)
        return taken

    def overrule(self, key: bytes, value: bytes | None) -> bool:
        """Somebody else's record lies behind ours: collects our row again unless that one is newer or the same.

        A row that we do not have is newer: a tombstone for it, were it on its way for long, could take away ours.
        """
        kept = self.data.get(key)
        if kept is None or kept == value or self.is_behind(key, value):
            return False
        self._lane_of(key).setdefault(key, kept)
        return True

    def is_behind(self, key: bytes, value: bytes | None) -> bool:
        """Whether somebody else's row is newer than ours."""
        kept = self.data.get(key)
        return value is not None and (kept is None or value[_VERSION] > kept[_VERSION])

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to send."""
        return any(self._changed.values())

    def newest(self, partition: int, *, epoch: int) -> int | None:
        """The offset of the newest message that any row of a partition has folded; None: no row of this epoch."""
        share = self.data.held().get(partition)
        newest = max((row[_VERSION] for row in share.rows.values()), default=None) if share is not None else None
        if newest is None or int.from_bytes(newest[:4], "big") != epoch:
            return None
        return int.from_bytes(newest[4:], "big")

    # ─── restoring
    def take_in(self, partition: int, records: Iterable[Written]) -> None:
        """Takes changelog records of a partition in, in their order. What no row can be ends the process."""
        share = self.data.share(partition)
        record: Written | None = None
        try:
            for record in records:
                self._restore(record, partition, share)
                share.read_to = record.offset + 1
        except Unreadable as error:
            where = {"topic": self.changelog_topic_name, "partition": partition}
            offset = None if record is None else record.offset
            self._die("a changelog record cannot be read", code=STOPPED, error=str(error), offset=offset, **where)

    def _restore(self, record: Written, partition: int, share: Share) -> None:
        key, value = record.key, record.value
        if key is None:
            raise Unreadable("a record without a key")
        if (ours := partition_of_bytes(key, self._cut)) != partition:
            raise Unreadable(f"lies in partition {partition}, belongs in {ours}: was the partition count changed?")
        if share.unsaved is not None:
            share.unsaved.add(key)
        if value is None:
            share.rows.pop(key, None)
            share.inverted.discard(key)
            return
        _checked(value)
        kept = share.rows.get(key)
        if kept is None:
            share.rows[key] = value
        elif value[_VERSION] < kept[_VERSION]:
            share.inverted.add(key)
        else:
            share.rows[key] = value
            share.inverted.discard(key)

    async def on_rebalance(  # noqa: PLR0917  Faust's signature
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Rows of partitions that left are dropped, and so is what is left of those that come.

        What stays and was being read is read on from where it was. It stays where this worker was there in each
        generation: in one that passed without it another had the partition, wrote its rows and committed.
        """
        stays = generation_id == self._generation + 1
        self._generation = generation_id
        for tp in revoked | (newly_assigned if stays else assigned):
            if tp.topic == self.changelog_topic_name:
                self._drop(tp.partition)
                self.tails.forget([tp])

    def _drop(self, partition: int) -> None:
        share = self.data.drop(partition)
        if share is not None and self._keeper is not None:
            self._keeper.dropped(share.rows)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:  # noqa: ARG002
        """All rows are here: overwrites those whose last record is an older one, and tells the clock of sleepers."""
        active = {tp.partition: tp for tp in active_tps}
        for partition in self.data.held().keys() - active.keys():
            self._drop(partition)
        for partition in sorted(active):
            share = self.data.share(partition)
            if not share.whole:
                await self._complete(share)
                self.tails.follow(active[partition], share.read_to)
        await self.call_recover_callbacks()

    async def _complete(self, share: Share) -> None:
        inverted = sorted(share.inverted)
        for key in inverted:
            self._lane_of(key).setdefault(key, share.rows[key])
        if self._keeper is not None:
            await self._keeper.restored(share.rows, inverted)
        share.inverted = set()
        share.whole = True
        if share.rows:
            _log.info("rows_restored", table=self.name, rows=len(share.rows), inverted=len(inverted))


def _checked(row: bytes) -> None:
    if len(row) < HEADER_BYTES:
        raise Unreadable(f"{len(row)} bytes are no row")
    if is_of_the_future(row):
        raise Unreadable(f"a newer release wrote this row (format {row[0]}): run that release or a later one")
