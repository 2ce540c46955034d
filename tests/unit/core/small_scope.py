"""Every sequence of a few operations over two browsers, two people and one company: the small scope, looked at whole.

Sequences that lead to the same state are followed once, so all of them are covered without telling each. A state is
what decides the future: rows without the versions of their messages and without the log of moves.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from schemas.activity import Version
from streams.core.lead.row import Lead
from tests.unit.core.whole import WholeCore

__all__ = ["Found", "Operation", "explored", "fork", "state_of"]

Operation = Callable[[WholeCore], None]
NOWHERE: Final = Version(0, 0)


class Found(Struct, frozen=True):
    """One state that some sequence leads to, the first such sequence, and the core as it left it."""

    way: tuple[str, ...]
    core: Any


def explored(start: WholeCore, operations: Mapping[str, Operation], *, depth: int) -> Iterator[Found]:
    """What each step leads to, breadth first. Every sequence of `depth` ends in one of these states."""
    frontier = [Found((), start)]
    known = {state_of(start)}
    for _ in range(depth):
        reached: list[Found] = []
        for before in frontier:
            for name, operation in operations.items():
                core = fork(before.core)
                operation(core)
                after = Found((*before.way, name), core)
                yield after
                if (state := state_of(core)) not in known:
                    known.add(state)
                    reached.append(after)
        frontier = reached


def fork(core: WholeCore) -> WholeCore:
    """A core that goes on from here by itself. Rows and cards are values, so the dicts alone are copied."""
    twin = WholeCore(core.rules)
    for name, value in vars(core).items():
        copied = {table: dict(rows) for table, rows in value.items()} if name == "rows" else value
        if isinstance(value, dict | list) and name != "rows":
            copied = value.copy()
        setattr(twin, name, copied)
    twin._waiting = core._waiting.copy()
    return twin


def state_of(core: WholeCore) -> int:
    """What decides the future, as a number."""
    return hash(tuple((table, key, _told(row)) for table, rows in sorted(core.rows.items())
                      for key, row in sorted(rows.items())))  # fmt: skip


_TOLD: Final[dict[int, tuple[Any, str]]] = {}  # rows are values, and most are shared by many states


def _told(row: Any) -> str:
    held = _TOLD.get(id(row))
    if held is None:
        held = _TOLD[id(row)] = (row, repr(_timeless(row)))  # holding the row keeps its id its own
    return held[1]


def _timeless(row: Any) -> Any:
    """A row without versions, and of its log only where it stands."""
    if isinstance(row, Lead):
        row = replace(row, moves=tuple(replace(one, number=0) for one in row.moves[:1]))
    return _without_versions(row)


def _without_versions(value: Any) -> Any:
    match value:
        case Version():
            return "v"
        case Struct():
            return [_without_versions(getattr(value, name)) for name in value.__struct_fields__]
        case dict():
            return {key: _without_versions(one) for key, one in value.items()}
        case tuple() | list():
            return [_without_versions(one) for one in value]
        case _:
            return to_builtins(value)
