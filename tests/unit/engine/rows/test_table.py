"""Restoring: the highest version of each key, whatever order the changelog has; rows leave with their partition."""

from collections.abc import Container, Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types import TP

from schemas.activity import Version
from schemas.topics import partition_of
from streams.engine.guards.exits import STOPPED
from streams.engine.rows.table import RowTable
from tests.integration.toys import CODEC, Pile
from tests.unit.engine.conftest import Died, raising

CHANGELOG = "app-leads-changelog"
ANN = partition_of("ann", 4)


class Keeper:
    def __init__(self) -> None:
        self.gone: Container[bytes] = ()
        self.came: tuple[Mapping[bytes, bytes], Sequence[bytes]] = ({}, [])

    def dropped(self, rows: Container[bytes]) -> None:
        self.gone = rows

    async def restored(self, rows: Mapping[bytes, bytes], inverted: Sequence[bytes]) -> None:
        self.came = (rows, inverted)


@pytest.fixture
def table() -> RowTable:
    app = faust.App("app", Table=RowTable, store="memory://", web_enabled=False)
    one: Any = app.Table("leads", key_type=bytes, value_type=bytes, partitions=4, die=raising)
    one.attach(Keeper())
    return one  # type: ignore[no-any-return]


OFFSETS = count()


def written(key: str, offset: int | None, *names: str) -> Any:
    version = Version(0, offset or 0)
    value = None if offset is None else CODEC.encode(Pile(version, 0, None, dict.fromkeys(names, version)))
    return SimpleNamespace(offset=next(OFFSETS), key=key.encode(), value=value)


def seen(table: RowTable, key: str) -> set[str]:
    return set(CODEC.decode(table.data[key.encode()]).seen)


@pytest.mark.parametrize("split", [1, 2, 3])
async def test_an_older_row_that_lies_last_is_overwritten(table: RowTable, split: int) -> None:
    batch = [written("ann", 5, "a"), written("ann", 9, "a", "b"), written("ann", 7, "a")]
    table.take_in(ANN, batch[:split])
    table.take_in(ANN, batch[split:])
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert seen(table, "ann") == {"a", "b"}
    assert table.take()[ANN].keys() == {b"ann"}


async def test_rows_in_their_order_are_not_written_again(table: RowTable) -> None:
    table.take_in(ANN, [written("ann", 5, "a"), written("ann", 9, "b"), written("ann", 9, "c")])
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert seen(table, "ann") == {"c"}
    assert not table.has_changes


async def test_a_tombstone_takes_the_row_away(table: RowTable) -> None:
    table.take_in(ANN, [written("ann", 5, "a"), written("ann", None)])
    assert b"ann" not in table.data


@pytest.mark.parametrize(
    ("bad", "partition"),
    [
        pytest.param(written("ann", 5), (ANN + 1) % 4, id="the partition count was changed"),
        pytest.param(SimpleNamespace(offset=0, key=b"ann", value=b"{}"), ANN, id="no row"),
        pytest.param(SimpleNamespace(offset=0, key=None, value=b"{}"), ANN, id="no key"),
    ],
)
def test_a_record_that_no_row_can_be_stops_the_worker(table: RowTable, bad: Any, partition: int) -> None:
    """Stock Faust logs it and never recovers."""
    with pytest.raises(Died) as died:
        table.take_in(partition, [bad])
    assert died.value.code == STOPPED
    assert died.value.facts["offset"] == bad.offset


async def test_rows_leave_with_their_partition_also_those_written_live(table: RowTable) -> None:
    """The stock store purges only what it restored: a row written here would come back from the dead."""
    table[b"ann"] = CODEC.encode(Pile(Version(0, 1), 0))
    await table.on_rebalance(set(), {TP(CHANGELOG, ANN)}, set())
    assert b"ann" not in table.data
    assert not len(table.data)


async def test_rows_of_a_partition_that_was_never_assigned_are_dropped(table: RowTable) -> None:
    """An agent that still held a record of a partition that went has put its row."""
    table[b"ann"] = CODEC.encode(Pile(Version(0, 1), 0))
    await table.on_recovery_completed({TP(CHANGELOG, (ANN + 1) % 4)}, set())
    assert b"ann" not in table.data


async def test_the_keeper_hears_of_a_partition_once(table: RowTable) -> None:
    """It stays in the next rebalance: nothing is read and nobody told again."""
    keeper: Any = table._keeper
    table.take_in(ANN, [written("ann", 5, "a")])
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert list(keeper.came[0]) == [b"ann"]
    keeper.came = ({}, [])
    await table.on_rebalance({TP(CHANGELOG, ANN)}, set(), set(), 1)
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert not keeper.came[0]
    await table.on_rebalance(set(), {TP(CHANGELOG, ANN)}, set(), 2)
    assert list(keeper.gone) == [b"ann"]


@pytest.mark.parametrize("generation", [7, 3, 5, -1], ids=["passed it by", "made anew", "the same", "unknown"])
async def test_rows_are_read_again_where_the_group_went_on_without_this_worker(
    table: RowTable, generation: int
) -> None:
    """Faust compares two assignments and says that the partition stays: between them it was another's."""
    mine = {TP(CHANGELOG, ANN)}
    await table.on_rebalance(mine, set(), mine, 4)
    table.take_in(ANN, [written("ann", 5, "a")])
    await table.on_recovery_completed(mine, set())
    await table.on_rebalance(mine, set(), set(), 5)
    assert seen(table, "ann") == {"a"}
    await table.on_rebalance(mine, set(), set(), generation)
    assert b"ann" not in table.data
    assert not table.data.share(ANN).whole
    assert table.tails.known(TP(CHANGELOG, ANN)) is None


async def test_a_changelog_whose_reading_was_interrupted_is_read_on(table: RowTable) -> None:
    """Rebalances come while rows are being restored; a partition that stays knows how far it was read."""
    records = [written("ann", 5, "a"), written("ann", 6, "b")]
    table.take_in(ANN, records)
    share = table.data.share(ANN)
    await table.on_rebalance({TP(CHANGELOG, ANN)}, set(), set(), 1)
    assert table.data.share(ANN) is share
    assert share.read_to == records[-1].offset + 1
    await table.on_rebalance({TP(CHANGELOG, ANN)}, set(), {TP(CHANGELOG, ANN)}, 2)
    assert table.data.share(ANN).read_to == 0


def test_the_newest_message_that_rows_know(table: RowTable) -> None:
    table.take_in(ANN, [written("ann", 300, "a"), written("ann", 7, "b")])
    assert table.newest(ANN, epoch=0) == 300
    assert table.newest(ANN, epoch=1) is None
    assert table.newest((ANN + 1) % 4, epoch=0) is None


async def test_stock_keeps_a_row_that_was_written_live() -> None:
    """What the table above is for: nobody told the store which partition the row belongs to."""
    app = faust.App("stock", store="memory://", web_enabled=False)
    stock: Any = app.Table("leads", key_type=bytes, value_type=bytes, partitions=4)
    stock.on_key_set = lambda key, value: None  # the changelog send, which needs a worker
    stock.data[b"ann"] = b"row"
    await stock.data.on_recovery_completed(set(), set())
    assert b"ann" in stock.data


def test_a_table_of_anything_but_bytes_is_refused() -> None:
    """Its changelog could never be read back."""
    app = faust.App("json", Table=RowTable, store="memory://", web_enabled=False)
    with pytest.raises(TypeError, match="bytes"):
        app.Table("leads", key_type=str, value_type=bytes, partitions=4)


def test_deletes_and_clears_are_collected_like_writes(table: RowTable) -> None:
    table[b"ann"] = CODEC.encode(Pile(Version(0, 1), 0))
    table[b"bob"] = CODEC.encode(Pile(Version(0, 1), 0))
    table.take()
    table.clear()
    taken = table.take()
    assert {key: row for rows in taken.values() for key, row in rows.items()} == {b"ann": None, b"bob": None}
    assert all(table.partition_for_key(key) == partition for partition, rows in taken.items() for key in rows)
