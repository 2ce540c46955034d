"""How `make test` spreads over a few processes: what shares something stays together, what takes long begins first.

A file stays together: its fixtures, a product or a browser, are started once. Properties of the core and seeds share
nothing, so each goes where there is room. The order within a group stays the shuffled one.
"""

import os
import sys
from typing import Final

import pytest

__all__ = ["begun_first", "group_of", "say"]

ALONE: Final = ("tests/unit/core/", "tests/simulation/")


def group_of(item: pytest.Item) -> str:
    """What must run in one process has one name: as xdist's `--dist loadgroup` reads it."""
    path = item.nodeid.partition("::")[0]
    return item.nodeid.replace("@", "-") if path.startswith(ALONE) and _is_long(item) else path


def begun_first(items: list[pytest.Item]) -> None:
    """Groups that hold something slow, then those with properties, then the rest: the end is made of small ones."""
    ranks: dict[str, int] = {}
    for item in items:
        rank = 0 if item.get_closest_marker("slow") else 1 if _is_long(item) else 2
        name = group_of(item)
        ranks[name] = min(rank, ranks.get(name, rank))
    order = {name: number for number, name in enumerate(ranks)}
    items.sort(key=lambda item: (ranks[group_of(item)], order[group_of(item)]))


def say(line: str) -> None:
    """A line for whoever watches. What one of several processes writes to its output, xdist throws away."""
    print(line, file=sys.stderr if "PYTEST_XDIST_WORKER" in os.environ else sys.stdout, flush=True)


def _is_long(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "obj", None), "hypothesis") or item.get_closest_marker("slow") is not None
