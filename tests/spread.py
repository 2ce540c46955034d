"""How `make test` spreads over a few processes: what shares something stays together, what takes long begins first.

A file stays together: its fixtures, a product or a browser, are started once. Tests of the core and seeds share
nothing, so each goes where there is room. The order within a group stays the shuffled one.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["Together", "begun_first", "group_of", "say"]

ALONE: Final = ("tests/unit/core/", "tests/simulation/")
COMPUTES: Final = "tests/simulation/"  # also what is not marked slow
OTHERS: Final = ("browser", "contract", "faults", "integration", "upgrades")
BEGIN_OTHERS: Final = tuple(f"tests/{one}/" for one in OTHERS)
TIMEOUT_S: Final = 300.0  # of pyproject.toml
LONG_BEGIN_BY: Final = 0.6  # of the way: behind it there are only short ones, which end within moments of each other


class Kind(IntEnum):
    """What a group does with its time; a group is of the first kind that one of its tests is of."""

    WAITS = 0  # for brokers, browsers and timers: it begins processes, or takes long and stays together
    COMPUTES = 1  # for long
    PROPERTY = 2
    SHORT = 3


class Together(LoadScopeScheduling):
    """Hands out groups. xdist's own reads them from names that pytest 9.2 does not let it give: each test was alone."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """What must run in one process has one name."""
    path = nodeid.partition("::")[0]
    return nodeid if path.startswith(ALONE) else path


def begun_first(items: list[pytest.Item]) -> None:
    """Each kind is spread evenly over the way: while one process waits for brokers and browsers, others compute.

    All that may take long begins before the last part of it; of each kind, what is given the longest time begins first.
    """
    kinds: dict[str, Kind] = {}
    given_s: dict[str, float] = {}
    for item in items:
        name = group_of(item.nodeid)
        kinds[name] = min(_kind(item), kinds.get(name, Kind.SHORT))
        given_s[name] = max(_given_s(item), given_s.get(name, 0))
    longest_first = sorted(kinds, key=lambda name: -given_s[name])
    order = _evenly(longest_first, kinds)
    items.sort(key=lambda item: order[group_of(item.nodeid)])


def _evenly(names: Iterable[str], kinds: Mapping[str, Kind]) -> dict[str, tuple[float, Kind]]:
    """The place of each on the way from 0 to 1, and its kind where two are at the same."""
    many, seen, places = Counter(kinds.values()), Counter[Kind](), dict[str, tuple[float, Kind]]()
    for name in names:
        kind = kinds[name]
        way = 1.0 if kind is Kind.SHORT else LONG_BEGIN_BY
        places[name] = way * seen[kind] / many[kind], kind
        seen[kind] += 1
    return places


def _kind(item: pytest.Item) -> Kind:
    alone = "::" in group_of(item.nodeid)
    if item.nodeid.startswith(BEGIN_OTHERS) or (_is_slow(item) and not alone):
        return Kind.WAITS
    if _is_slow(item):
        return Kind.COMPUTES
    return Kind.PROPERTY if _is_long(item) else Kind.SHORT


def _given_s(item: pytest.Item) -> float:
    """How long it may take, which says roughly how long it does."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark else TIMEOUT_S


def say(line: str) -> None:
    """A line for whoever watches. What one of several processes writes to its output, xdist throws away."""
    print(line, file=sys.stderr if "PYTEST_XDIST_WORKER" in os.environ else sys.stdout, flush=True)


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def _is_long(item: pytest.Item) -> bool:
    long = _is_slow(item) or item.nodeid.startswith(COMPUTES)
    return long or hasattr(getattr(item, "obj", None), "hypothesis")
