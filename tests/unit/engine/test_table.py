"""Restoring: the highest version of each key, whatever order the changelog has; rows leave with their partition."""

import asyncio
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types import TP

from schemas.activity import Version
from schemas.topics import partition_of
from streams.engine.exits import STOPPED
from streams.engine.table import RowTable
from tests.integration.toys import CODEC, Pile
from tests.unit.engine.conftest import Died, raising

CHANGELOG = "app-leads-changelog"
ANN = partition_of("ann", 4)


class Keeper:
    def __init__(self) -> None:
        self.gone: list[bytes] = []
        self.came: tuple[list[bytes], list[bytes]] = ([], [])

    def dropped(self, key: bytes) -> None:
        self.gone.append(key)

    async def restored(self, keys: list[bytes], inverted: list[bytes]) -> None:
        self.came = (keys, inverted)


@pytest.fixture
def table() -> RowTable:
    app = faust.App("app", Table=RowTable, store="memory://", web_enabled=False)
    one: Any = app.Table("leads", key_type=bytes, value_type=bytes, partitions=4, die=raising)
    one.attach(Keeper())
    return one  # type: ignore[no-any-return]


def event(key: str, offset: int | None, *names: str, topic: str = CHANGELOG, partition: int | None = None) -> Any:
    version = Version(0, offset or 0)
    value = None if offset is None else CODEC.encode(Pile(version, 0, None, dict.fromkeys(names, version)))
    where = partition_of(key, 4) if partition is None else partition
    return SimpleNamespace(
        message=SimpleNamespace(topic=topic, partition=where, offset=0, key=key.encode(), value=value)
    )


def seen(table: RowTable, key: str) -> set[str]:
    return set(CODEC.decode(table.data[key.encode()]).seen)


@pytest.mark.parametrize("split", [1, 2, 3])
async def test_an_older_row_that_lies_last_is_overwritten(table: RowTable, split: int) -> None:
    batch = [event("ann", 5, "a"), event("ann", 9, "a", "b"), event("ann", 7, "a")]
    table.apply_changelog_batch(batch[:split])
    table.apply_changelog_batch(batch[split:])
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert seen(table, "ann") == {"a", "b"}
    assert table.take().keys() == {b"ann"}


async def test_rows_in_their_order_are_not_written_again(table: RowTable) -> None:
    table.apply_changelog_batch([event("ann", 5, "a"), event("ann", 9, "b"), event("ann", 9, "c")])
    await table.on_recovery_completed({TP(CHANGELOG, ANN)}, set())
    assert seen(table, "ann") == {"c"}
    assert not table.has_changes


async def test_a_tombstone_takes_the_row_away(table: RowTable) -> None:
    table.apply_changelog_batch([event("ann", 5, "a"), event("ann", None)])
    assert b"ann" not in table.data


async def test_records_of_another_table_are_left(table: RowTable) -> None:
    """Stock Faust applies a record of an untracked partition to the table that it saw before."""
    table.apply_changelog_batch([event("ann", 5, "a", topic="app-accounts-changelog")])
    assert b"ann" not in table.data


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(event("ann", 5, partition=(ANN + 1) % 4), id="the partition count was changed"),
        pytest.param(
            SimpleNamespace(message=SimpleNamespace(topic=CHANGELOG, partition=ANN, offset=0, key=b"ann", value=b"{}")),
            id="no row",
        ),
    ],
)
def test_a_record_that_no_row_can_be_stops_the_worker(table: RowTable, bad: Any) -> None:
    """Stock Faust logs it and never recovers."""
    with pytest.raises(Died) as died:
        table.apply_changelog_batch([bad])
    assert died.value.code == STOPPED


async def test_rows_leave_with_their_partition_also_those_written_live(table: RowTable) -> None:
    """The stock store purges only what it restored: a row written here would come back from the dead."""
    table[b"ann"] = CODEC.encode(Pile(Version(0, 1), 0))
    table.app.tables._recovery = SimpleNamespace(active_offsets={TP(CHANGELOG, ANN): 17})  # type: ignore[assignment]
    await table.on_rebalance(set(), {TP(CHANGELOG, ANN)}, set())
    assert b"ann" not in table.data
    assert TP(CHANGELOG, ANN) not in table.app.tables.recovery.active_offsets


async def test_a_changelog_whose_reading_was_interrupted_is_read_from_its_beginning(table: RowTable) -> None:
    """Rebalances come while rows are being restored; what was not read to its end is not trusted."""
    tp, offsets = TP(CHANGELOG, ANN), {TP(CHANGELOG, ANN): 17}
    table.app.tables._recovery = SimpleNamespace(active_offsets=offsets)  # type: ignore[assignment]
    await table.on_rebalance({tp}, set(), set())
    assert not offsets
    offsets[tp] = 17
    await table.on_recovery_completed({tp}, set())
    await table.on_rebalance({tp}, set(), set())
    assert offsets == {tp: 17}


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
    assert table.take() == {b"ann": None, b"bob": None}


async def test_the_goal_moves_where_a_fetch_says_that_more_is_there(table: RowTable) -> None:
    """The embedded broker's answer for the latest offset names the first record of the last batch."""
    tp = TP(CHANGELOG, ANN)
    goals = {tp: 0}
    table.app.tables._recovery = SimpleNamespace(active_highwaters=goals)  # type: ignore[assignment]
    table.app._consumer = SimpleNamespace(highwater=lambda _: 20)
    one = event("ann", 1)
    one.message.tp = tp
    await table.on_changelog_event(one)
    assert goals == {tp: 19}
    await asyncio.sleep(0)
