"""Look-ups tell what they hold, and none is left out."""

import ast
import gc
from pathlib import Path

import pytest

import schemas
import streams.core
from schemas.lookups import lookups, remembered

HIDDEN_MOST = 256  # what only the rules' own words are asked of
SOURCES = sorted(
    path for package in (schemas, streams.core) for folder in package.__path__ for path in Path(folder).rglob("*.py")
)


def test_all_that_live_under_one_name_count_together_and_who_is_gone_no_more() -> None:
    @remembered("of_the_test", most=2)
    def twice(number: int) -> int:
        return 2 * number

    @remembered("of_the_test", most=3)
    def thrice(number: int) -> int:
        return 3 * number

    assert [twice(number) for number in (1, 2, 3)] == [2, 4, 6]
    assert thrice(1) == 3
    assert lookups()["of_the_test"] == (3, 5)
    del thrice
    gc.collect()
    assert lookups()["of_the_test"] == (2, 2)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_cache_that_no_name_tells_of_is_small(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    named = {
        ast.unparse(node.target): node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lru_cache":
            (bound,) = node.args
            most = bound.value if isinstance(bound, ast.Constant) else named.get(ast.unparse(bound))
            assert path.name == "lookups.py" or (isinstance(most, int) and most <= HIDDEN_MOST), ast.unparse(node)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "lru_cache"]
