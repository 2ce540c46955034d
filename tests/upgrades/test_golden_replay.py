"""G21: one log of events leaves the same in every row, however many partitions and restarts there were.

A record's offset hangs on the partition that it lies in: versions are taken out before rows are compared. All else in
their bytes is.
"""

from functools import cache
from typing import Any, Final

import pytest
from msgspec import Struct

from schemas.activity import Version
from streams.core.rows import ROWS
from tests.simulation.life import Told
from tests.simulation.log import TABLES
from tests.simulation.run import quiet
from tests.simulation.simulator import Simulation

EVENTS: Final = 120
EVERY_MS: Final = 9 * 60 * 60 * 1_000
SEED: Final = 21
Rows = dict[str, dict[str, Any]]


class _Quiet(Simulation):
    """Nothing happens by itself."""

    def says(self, one: Told) -> None:
        """At its time, and everything that follows from it."""
        self.now = one.at
        self.log.tell(one.topic, one.to, one.message)
        self.drain()

    @property
    def rows(self) -> Rows:
        """All rows, decoded from their bytes, without versions."""
        return {
            table: {key.decode(): _plain(ROWS[table].decode(raw))
                    for worker in self.workers for key, raw in worker.tables[table].data.items()}
            for table in TABLES.values()
        }  # fmt: skip


def _made(partitions: int) -> _Quiet:
    run = _Quiet(SEED, partitions=partitions)
    run.calm = True
    run.restart()
    return run


@cache
def golden() -> tuple[tuple[Told, ...], Rows]:
    """A life in one partition, without restarts: what was said, and the rows."""
    with quiet():
        run = _made(1)
        for _ in range(EVENTS):
            run.now += EVERY_MS
            run.life.step()
            run.drain()
        return tuple(run.life.told), run.rows


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("partitions", [1, 3, 12])
def test_g21_partitions_and_restarts_change_no_row(partitions: int, *, restarts: bool) -> None:
    told, rows = golden()
    with quiet():
        run = _made(partitions)
        for number, one in enumerate(told):
            run.says(one)
            if restarts and number % 10 == 5:
                run.restart()
    for table, wanted in rows.items():
        assert run.rows[table] == wanted
        assert wanted, table


def _plain(value: Any) -> Any:
    match value:
        case Version():
            return "a version"
        case Struct():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case set() | frozenset():
            return sorted(map(str, value))
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
