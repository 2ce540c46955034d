"""The engine's tables without Faust's start-up: a twin of one that Faust made, over rows of its own."""

from functools import cache

import faust

from streams.engine.guards.exits import Die
from streams.engine.rows.shares import Shares
from streams.engine.rows.table import RowTable
from streams.engine.rows.tails import Tails

__all__ = ["row_table"]


@cache
def _app() -> faust.App:
    return faust.App("sim", Table=RowTable, store="memory://", web_enabled=False)


@cache
def _model(kind: type[RowTable], name: str, partitions: int) -> RowTable:
    table = kind(_app(), name=name, key_type=bytes, value_type=bytes, partitions=partitions)
    assert table.data.held() == {}  # it makes its store
    return table


def row_table(name: str, partitions: int, *, die: Die, kind: type[RowTable] = RowTable) -> RowTable:
    """A table without rows. Faust takes a millisecond for one; a run needs hundreds."""
    model = _model(kind, name, partitions)
    twin, shares = kind.__new__(kind), Shares.__new__(Shares)
    twin.__dict__.update(model.__dict__)
    shares.__dict__.update(model.data.__dict__)
    shares._shares = {}
    twin._die, twin._keeper, twin._data, twin._changed, twin.tails = die, None, shares, {}, Tails()
    return twin
