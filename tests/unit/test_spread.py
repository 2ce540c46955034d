"""How `make test` orders what its processes share."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from tests.spread import begun_first, group_of


def item(nodeid: str, *, slow: bool = False, timeout: float = 0) -> Any:
    marks = {"slow": slow and "slow", "timeout": timeout and SimpleNamespace(args=(timeout,))}
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: marks.get(name) or None)


SEEDS = [item(f"tests/simulation/test_seeds.py::test_g19[{share}]", slow=True) for share in range(4)]
FILES = [item(f"tests/integration/test_{number}.py::test", slow=True) for number in range(8)]
SHORT = [item(f"tests/unit/console/test_{number}.py::test") for number in range(20)]


def places(items: list[Any], of: list[Any]) -> list[int]:
    return [place for place, one in enumerate(items) if one in of]


def test_each_kind_is_spread_evenly_and_short_ones_are_the_end() -> None:
    items = [*SHORT, *SEEDS, *FILES]
    begun_first(items)
    assert items[-8:] == SHORT[-8:], "two fifths of the short ones"
    for kind, apart in ((SEEDS, {6}), (FILES, {2, 3, 4}), (SHORT[:12], {1, 2, 3})):
        assert {later - place for place, later in pairwise(places(items, kind))} <= apart


def test_what_is_given_the_longest_time_begins_first() -> None:
    long = item("tests/integration/test_kills.py::test", slow=True, timeout=900)
    quick = item("tests/browser/test_look.py::test")
    items = [*SHORT, *FILES, quick, long]
    begun_first(items)
    assert items[0] is long
    assert items.index(quick) < items.index(SHORT[-8]), "what begins a browser is not left to the end"


def test_a_file_stays_together_and_what_shares_nothing_is_alone() -> None:
    files = [item(f"tests/browser/test_a.py::test_{number}", slow=number == 2) for number in range(3)]
    bugs = [item(f"tests/simulation/test_it_can_fail.py::test[{number}]") for number in range(3)]
    items = [SHORT[0], *bugs, *files, SHORT[1]]
    begun_first(items)
    assert {group_of(one.nodeid) for one in files} == {"tests/browser/test_a.py"}
    assert len({group_of(one.nodeid) for one in bugs}) == 3
    first = items.index(files[0])
    assert items[first : first + 3] == files


@pytest.mark.slow
def test_two_processes_never_share_a_file() -> None:
    """As pytest and xdist do it together: what starts a product for a file would start one in each of them."""
    files = ["tests/unit/console/test_theme.py", "tests/unit/test_settings.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", *files],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    ran = re.findall(r"^\[(gw\d)\] .*PASSED (\S+?)::", run.stdout, re.MULTILINE)
    assert {file for _, file in ran} == set(files)
    assert len(set(ran)) == len(files), "each file in one process"
