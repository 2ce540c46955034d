"""`rows_cost_ratio`: an event through a book of a million rows against one of 10,000. `row_memory_bytes`: one row.

The rows are those of the bench's mix, folded by the visitors' fold; keys are random. The cost is CPU time of get, fold
and put, without a broker. Memory is what the process grows by, each measured in a process of
its own: keys, dicts and all.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import faust

from schemas.activity import Version
from schemas.ids import Naming
from streams.core.events.facts import Facts
from streams.core.events.visits import decode_visits
from streams.core.rows import ROWS
from streams.core.rules import Rules
from streams.core.visitor import fold as visitor
from streams.engine.guards.pulse import Pulse
from streams.engine.rows.table import RowTable
from streams.engine.sending.book import Book
from streams.engine.sending.sends import Sends
from streams.metrics import Metrics
from streams.rules_files import read_rules
from tests.bench.bodies import Mix, blocks
from tests.bench.harness import Figure, figure

__all__ = ["named_rows", "rows", "visitor_rows"]

FEW, MANY, BASE = 10_000, 1_000_000, 100_000
FOLDS: Final = 20_000
EVENTS: Final = 12_000
AT: Final = 1_795_262_400_000
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class _Nobody:
    """A clock that wakes nobody."""

    def note(self, *_: Any, **__: Any) -> None: ...

    def forget(self, *_: Any) -> None: ...


def _rules() -> Rules:
    return read_rules(None, Naming(b"bench-secret-0123456789"))


def _facts(rules: Rules) -> dict[str, list[Facts]]:
    """What the mix's visits say, by visitor."""
    said: dict[str, list[Facts]] = {}
    for _, block in blocks(EVENTS, per_block=60, partitions=1, mix=Mix(), at=AT):
        for fact in decode_visits(block, rules).facts:
            said.setdefault(fact.to, []).append(fact)
    return said


def visitor_rows() -> list[bytes]:
    """Some thousand encoded rows as the mix makes them."""
    rules = _rules()
    return [
        ROWS["visitors"].encode(visitor.fold(key, None, facts, version=Version(0, 1), rules=rules).row)
        for key, facts in _facts(rules).items()
    ]


def named_rows(count: int, *, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """That many rows under random keys of the length that trackers give, each its own object."""
    made, random = visitor_rows(), Random(seed)
    for number in range(count):
        yield b"%032x" % random.getrandbits(128), bytes(bytearray(made[number % len(made)]))


def _book() -> tuple[Any, Book[Any]]:
    table: Any = faust.App("bench", Table=RowTable, store="memory://", web_enabled=False).Table(
        "visitors", key_type=bytes, value_type=bytes, partitions=4
    )
    sends = Sends(lambda: None, pulse=Pulse(1_000))  # type: ignore[arg-type, return-value]
    book: Book[Any] = Book(table, ROWS["visitors"], sends=sends, clock=_Nobody(), changed=lambda: None,
                           metrics=Metrics())  # fmt: skip
    return table, book


def _cost_us(count: int) -> float:
    """Folding a visit of the mix into a row that is drawn at random, the mean of many."""
    table, book = _book()
    keys = []
    for key, row in named_rows(count, seed=count):
        table.data[key] = row
        keys.append(key.decode())
    rules, random = _rules(), Random(7)
    visits = list(_facts(rules).values())
    gc.collect()
    gc.freeze()
    spent = 0.0
    for turn in range(5):
        begun = time.process_time()
        for number in range(FOLDS // 4):
            key = random.choice(keys)
            folded = visitor.fold(key, book.get(key), visits[number % len(visits)], version=Version(0, number + 2),
                                  rules=rules)  # fmt: skip
            book.put(key, folded.row)
        spent += time.process_time() - begun if turn else 0  # the first turn warms up
        table.take()
    return spent / FOLDS * 1e6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _memory_bytes() -> float:
    """Bytes a row, between 100,000 and a million."""
    table, _ = _book()
    seen = []
    for number, (key, row) in enumerate(named_rows(MANY, seed=3), start=1):
        table.data[key] = row
        if number in {BASE, MANY}:
            gc.collect()
            seen.append(_resident())
    return (seen[1] - seen[0]) / (MANY - BASE)


def _alone(what: str) -> float:
    """The figure, from a fresh process."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.bench.rows", what], check=True,
                          capture_output=True, text=True)  # fmt: skip
    return float(done.stdout)


def rows(rounds: int) -> list[Figure]:
    """Two lines."""
    few, many = ([_alone(f"cost {count}") for _ in range(rounds)] for count in (FEW, MANY))
    sizes = [len(row) for row in visitor_rows()]
    ratios: Sequence[float] = [b / a for a, b in zip(few, many, strict=True)]
    note = {"us_at_10k": min(few), "us_at_1m": min(many), "events_per_fold": Mix().events_per_visit}
    return [
        figure("rows_cost_ratio", ratios, unit="x", budget="<= 1.5", note=note),
        figure("row_memory_bytes", [_alone("memory")], unit="B", budget="<= 600",
               note={"encoded_bytes": sum(sizes) / len(sizes)}),
    ]  # fmt: skip


def main(what: str) -> None:
    """One figure, in this process."""
    kind, _, count = what.partition(" ")
    asyncio.set_event_loop(asyncio.new_event_loop())
    print(_memory_bytes() if kind == "memory" else _cost_us(int(count)))


if __name__ == "__main__":
    main(sys.argv[1])
