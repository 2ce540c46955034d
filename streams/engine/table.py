"""Rows as bytes in a Faust table whose changes are collected, sent by us, and restored by version.

A row's first 21 bytes say its version and when it wants to be woken: format, epoch, offset, wake_at (`>BIQq`); from
format 2 on four more name the rules that made it. Stock tables queue one message a write behind Faust's buffer and
restore the *last* record of a key; here the book sends, and restoring keeps the *highest* version: a worker that was
paused past its session may have written an older row behind a newer one.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import structlog
from faust import Table
from faust.types import TP, EventT

from schemas.topics import partition_of
from streams.core.rows import is_of_the_future
from streams.engine.exits import STOPPED, Die, die
from streams.engine.tails import Tails
from streams.errors import Unreadable

__all__ = ["HEADER_BYTES", "Keeper", "RowTable"]

HEADER_BYTES: Final = 21
_VERSION: Final = slice(1, 13)  # epoch and offset, big-endian: bytes compare as numbers do

_log = structlog.get_logger("streams.engine")


class Keeper(Protocol):
    """Who keeps the rows as values (the book) and hears what restoring and rebalancing did to them."""

    def dropped(self, key: bytes) -> None:
        """The row is gone: its partition moved away, or is about to be read again."""

    async def restored(self, keys: list[bytes], inverted: list[bytes]) -> None:
        """These rows came back; of the inverted ones a lower version lay behind and must be overwritten."""


class RowTable(Table[bytes, bytes]):
    """`faust.App(Table=RowTable)`; declare with `key_type=bytes, value_type=bytes, partitions=n`, nothing else."""

    app: Any
    data: Any  # Faust's memory store, whose partition map we keep

    def __init__(self, app: Any, *, die: Die = die, **options: Any) -> None:
        super().__init__(app, **options)
        if self.key_type is not bytes or self.value_type is not bytes:  # anything else means JSON and never recovers
            raise TypeError(f"table {self.name}: key_type and value_type must be bytes")
        self._die = die
        self._keeper: Keeper | None = None
        self._changed: dict[bytes, bytes | None] = {}
        self._restored: set[bytes] = set()
        self._inverted: set[bytes] = set()
        self._whole: set[int] = set()  # partitions whose changelog was read to its end
        self.records_restored = 0
        self.tails = Tails()

    def attach(self, keeper: Keeper) -> None:
        """The book of this table."""
        self._keeper = keeper

    def partition_for_key(self, key: bytes) -> int:
        """Always named by us, the same as in the inbox."""
        return partition_of(key.decode(), self._partitions())

    def _partitions(self) -> int:
        if not self.partitions:
            raise TypeError(f"table {self.name}: partitions must be given")
        return self.partitions

    # ─── what changes rows: collected here, sent by the book
    def on_key_get(self, key: bytes) -> None:
        """Nothing: the stock one calls a sensor."""

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Collects the row. The store learns its partition, else a row written live outlives its partition here."""
        self._note(key, self.partition_for_key(key))
        self._changed[key] = value

    def on_key_del(self, key: bytes) -> None:
        """Collects the tombstone, which must not overtake the rows before it."""
        self._changed[key] = None

    def on_clear(self) -> None:
        """Collects a tombstone for each row."""
        for key in list(self.data):
            self.on_key_del(key)

    def take(self, keys: Iterable[bytes] | None = None) -> dict[bytes, bytes | None]:
        """The changes that were not taken yet: all, or those of some keys."""
        if keys is not None:
            return {key: self._changed.pop(key) for key in keys if key in self._changed}
        changed, self._changed = self._changed, {}
        return changed

    def overrule(self, key: bytes, value: bytes | None) -> bool:
        """Somebody else's record lies behind ours: collects our row again unless that one is newer or the same."""
        kept = self.data.get(key)
        if kept == value or (kept is not None and value is not None and value[_VERSION] > kept[_VERSION]):
            return False
        self._changed.setdefault(key, kept)
        return True

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._changed)

    # ─── restoring
    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Takes changelog records in. Faust swallows what is raised here and stalls for ever: this ends the process."""
        for event in batch:
            message = event.message
            if message.topic != self.changelog_topic_name:
                continue  # Faust hands records of an untracked partition to the previous table
            try:
                self._restore(message.key, message.value, message.partition)
            except Exception as error:  # noqa: BLE001  see above
                where = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
                self._die("a changelog record cannot be read", code=STOPPED, error=repr(error), **where)

    def _restore(self, key: bytes | None, value: bytes | None, partition: int) -> None:
        if key is None:
            raise Unreadable("a record without a key")
        if (ours := self.partition_for_key(key)) != partition:
            raise Unreadable(f"lies in partition {partition}, belongs in {ours}: was the partition count changed?")
        self.records_restored += 1
        if value is None:
            self._forget(key)
            return
        if len(value) < HEADER_BYTES:
            raise Unreadable(f"{len(value)} bytes are no row")
        if is_of_the_future(value):
            raise Unreadable(f"a newer release wrote this row (format {value[0]}): run that release or a later one")
        kept = self.data.get(key)
        if kept is not None and value[_VERSION] < kept[_VERSION]:
            self._inverted.add(key)
            return
        self.data[key] = value
        self._note(key, partition)
        self._inverted.discard(key)
        self._restored.add(key)

    def _note(self, key: bytes, partition: int) -> None:
        self.data._key_partition[key] = partition

    def _forget(self, key: bytes) -> None:
        self.data.pop(key, None)
        self.data._key_partition.pop(key, None)
        self._inverted.discard(key)
        self._restored.discard(key)
        if self._keeper is not None:
            self._keeper.dropped(key)

    async def on_changelog_event(self, event: EventT[Any]) -> None:
        """Moves the goal where the fetch knows better: the embedded broker says a topic ends before its last batch."""
        await super().on_changelog_event(event)
        tp = event.message.tp
        goals, end = self.app.tables.recovery.active_highwaters, self.app.consumer.highwater(tp)
        if tp in goals and end is not None and end - 1 > goals[tp]:
            goals[tp] = end - 1

    async def on_rebalance(  # noqa: PLR0917  Faust's signature
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Rows of partitions that left are dropped, and so is what is left of those that come: they are read whole."""
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)
        moved = {tp for tp in revoked | newly_assigned if tp.topic == self.changelog_topic_name}
        partitions = {tp.partition for tp in moved}
        self._whole -= partitions
        self.tails.forget(moved)
        for tp in moved | assigned:  # Faust keeps a position also where restoring was interrupted
            if tp.topic == self.changelog_topic_name:
                self._read_on(tp)
        stale = [key for key, partition in self.data._key_partition.items() if partition in partitions]
        for key in stale:
            self._forget(key)

    def _read_on(self, tp: TP) -> None:
        """A partition that stays is read from where its tail is known, not again from where it was restored last."""
        known = self.tails.known(tp) if tp.partition in self._whole else None
        if known is None:
            self.app.tables.recovery.active_offsets.pop(tp, None)
        else:
            self.app.tables.recovery.active_offsets[tp] = known - 1

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """All rows are here: overwrites those whose last record is an older one, and tells the clock of sleepers."""
        self._whole = {tp.partition for tp in active_tps}
        for tp in active_tps:
            restored = self.app.tables.recovery.active_offsets.get(tp)
            self.tails.follow(tp, 0 if restored is None else restored + 1)
        await super().on_recovery_completed(active_tps, standby_tps)
        restored, inverted = sorted(self._restored), sorted(self._inverted)
        self._restored, self._inverted = set(), set()
        for key in inverted:
            self._changed.setdefault(key, self.data[key])
        if self._keeper is not None:
            await self._keeper.restored(restored, inverted)
        if restored:
            _log.info("rows_restored", table=self.name, rows=len(restored), inverted=len(inverted))
