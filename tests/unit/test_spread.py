"""How `make test` orders what its processes share."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from tests.spread import begun_first, group_of


def item(nodeid: str, *, slow: bool = False) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: name if slow and name == "slow" else None)


SEEDS = [item(f"tests/simulation/test_seeds.py::test_g19[{share}]", slow=True) for share in range(4)]
FILES = [item(f"tests/integration/test_{number}.py::test", slow=True) for number in range(8)]
SHORT = [item(f"tests/unit/console/test_{number}.py::test") for number in range(8)]


def test_what_computes_is_spread_over_what_waits_and_short_ones_are_the_end() -> None:
    items = [*SHORT, *SEEDS, *FILES]
    begun_first(items)
    assert items[-8:] == SHORT
    computes = [place for place, one in enumerate(items[:-8]) if one in SEEDS]
    assert [later - place for place, later in pairwise(computes)] == [3, 3, 3]


def test_a_file_stays_together_and_what_shares_nothing_is_alone() -> None:
    files = [item(f"tests/browser/test_a.py::test_{number}", slow=number == 2) for number in range(3)]
    bugs = [item(f"tests/simulation/test_it_can_fail.py::test[{number}]") for number in range(3)]
    items = [SHORT[0], *bugs, *files, SHORT[1]]
    begun_first(items)
    assert {group_of(one) for one in files} == {"tests/browser/test_a.py"}
    assert len({group_of(one) for one in bugs}) == 3
    first = items.index(files[0])
    assert items[first : first + 3] == files
    assert items[-2:] == [SHORT[0], SHORT[1]]
