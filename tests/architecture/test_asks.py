"""`docs/reference/asks.md` is true: one row for each ask; every test beside it exists and cites it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from tests.architecture.source import ROOT, tree, where

PAPER = ROOT / "docs/reference/asks.md"
ROW = re.compile(r"^\| (A\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
CITED = re.compile(r"\b[Aa]sks? (A\d+(?:-A\d+)?(?:(?:, | and )A\d+(?:-A\d+)?)*)")


def asks_in(docstring: str | None) -> set[str]:
    """`ask A12`, `asks A1, A2 and A4-A6`: all of them."""
    spans = chain(*(re.findall(r"A(\d+)(?:-A(\d+))?", found) for found in CITED.findall(docstring or "")))
    return {f"A{number}" for first, last in spans for number in range(int(first), int(last or first) + 1)}


@cache
def shown_by() -> dict[str, set[str]]:
    """The tests beside each ask, as `path::function`."""
    return {ask: set(re.findall(r"`([^`]+::[^`]+)`", tests)) for ask, _, tests in ROW.findall(PAPER.read_text())}


@cache
def asks_of_tests() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What the docstring of each test cites, by `path::function`; and that of each file, by its path."""
    functions, files = {}, {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name, read = where(path), tree(path)
        files[name] = asks_in(ast.get_docstring(read))
        functions |= {f"{name}::{one.name}": asks_in(ast.get_docstring(one)) for one in _tests(read)}
    return functions, files


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for one in module.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_"):
            yield one


def test_citations_are_understood() -> None:
    assert asks_in("Ask A1. And (asks A3, A5-A7 and A9); A20 alone cites nothing.") == {
        "A1", "A3", "A5", "A6", "A7", "A9"
    }  # fmt: skip


def test_every_ask_has_exactly_one_row() -> None:
    assert [ask for ask, _, _ in ROW.findall(PAPER.read_text())] == [f"A{number}" for number in range(1, 50)]


def test_an_ask_that_no_test_shows_says_that_it_comes_later() -> None:
    rows = ROW.findall(PAPER.read_text())
    assert [ask for ask, served, tests in rows if ("::" in tests) == served.startswith("Later")] == []


def test_every_file_that_serves_an_ask_exists() -> None:
    named = {name for _, served, _ in ROW.findall(PAPER.read_text()) for name in re.findall(r"`([^`]+/[^`]*)`", served)}
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_test_beside_an_ask_exists_and_cites_it() -> None:
    functions, files = asks_of_tests()
    wrong = [
        (ask, test)
        for ask, tests in shown_by().items()
        for test in sorted(tests)
        if test not in functions or ask not in functions[test] | files[test.partition("::")[0]]
    ]
    assert wrong == []


def test_every_ask_that_a_test_cites_is_listed_beside_it() -> None:
    functions, files = asks_of_tests()
    listed = shown_by()
    assert [(test, ask) for test, asks in functions.items() for ask in asks if test not in listed.get(ask, ())] == []
    at = {ask: {test.partition("::")[0] for test in tests} for ask, tests in listed.items()}
    assert [(path, ask) for path, asks in files.items() for ask in asks if path not in at.get(ask, ())] == []
