"""How `make test` spreads over a few processes: what shares something stays together, what takes long begins first.

A file stays together: its fixtures, a product or a browser, are started once. Properties of the core and seeds share
nothing, so each goes where there is room. The order within a group stays the shuffled one.
"""

import os
import sys
from collections import Counter
from typing import Final

import pytest

__all__ = ["begun_first", "group_of", "say"]

ALONE: Final = ("tests/unit/core/", "tests/simulation/")
COMPUTES: Final = "tests/simulation/"  # also what is not marked slow
LAST: Final = 3


def group_of(item: pytest.Item) -> str:
    """What must run in one process has one name: as xdist's `--dist loadgroup` reads it."""
    path = item.nodeid.partition("::")[0]
    return item.nodeid.replace("@", "-") if path.startswith(ALONE) and _is_long(item) else path


def begun_first(items: list[pytest.Item]) -> None:
    """What takes long before what does not: the end is made of small ones.

    Of what takes long, each kind is spread evenly: while one process computes, others wait for brokers and browsers.
    """
    ranks: dict[str, int] = {}
    for item in items:
        name = group_of(item)
        ranks[name] = min(_rank(item), ranks.get(name, LAST))
    many, seen, places = Counter(ranks.values()), Counter[int](), dict[str, tuple[bool, float, int]]()
    for name, rank in ranks.items():
        places[name] = rank == LAST, seen[rank] / many[rank], rank
        seen[rank] += 1
    order = {name: place for place, name in enumerate(sorted(ranks, key=places.__getitem__))}
    items.sort(key=lambda item: order[group_of(item)])


def _rank(item: pytest.Item) -> int:
    """0: waits long for others; 1: computes for long; 2: a property; LAST: a short one."""
    slow, alone = item.get_closest_marker("slow") is not None, "::" in group_of(item)
    if slow:
        return 1 if alone else 0
    return 2 if _is_long(item) else LAST


def say(line: str) -> None:
    """A line for whoever watches. What one of several processes writes to its output, xdist throws away."""
    print(line, file=sys.stderr if "PYTEST_XDIST_WORKER" in os.environ else sys.stdout, flush=True)


def _is_long(item: pytest.Item) -> bool:
    long = item.get_closest_marker("slow") is not None or item.nodeid.startswith(COMPUTES)
    return long or hasattr(getattr(item, "obj", None), "hypothesis")
