"""Small files, one word for one thing, sorted public names."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.architecture.source import modules, tree, where

EMPTY_WORDS = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})
EMPTY_VERBS = re.compile(r"_*(do|handle|manage|process)(_|$)")
LONGEST = 500
LONGEST_AGENT = 40
AGENTS = {f"streams/agents/{name}.py" for name in ("visitors", "leads", "accounts", "recipients", "projector")}
# What others' protocols call by these names.
CALLED_BY_OTHERS = frozenset({"do_GET", "handle_error"})


def test_there_is_source_to_read() -> None:
    assert len(modules()) > 30


def test_no_module_is_long() -> None:
    """DESIGN: think again at 300, none above 500; an agent only moves, so 40 lines hold it."""
    lines = {where(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    most = {name: LONGEST_AGENT if name in AGENTS else LONGEST for name in lines}
    assert {name: count for name, count in lines.items() if count > most[name]} == {}


class Seen(NamedTuple):
    """What a module has: all its functions, its public and private names, its `__all__`, and what may stand there."""

    functions: tuple[str, ...]
    defined: frozenset[str]
    listed: list[str] | None
    known: frozenset[str]


@cache
def seen() -> dict[str, Seen]:
    """Each module by its name, read once."""
    return {where(path): _seen(tree(path)) for path in modules()}


def _seen(module: ast.Module) -> Seen:
    defined = frozenset(node.name for node in module.body if isinstance(node, _NAMED))
    known = defined | _assigned(module) | _imported(module)
    return Seen(tuple(_functions(module)), defined, _listed(module), known)


def test_names_say_what_they_are() -> None:
    assert [where(path) for path in modules() if EMPTY_WORDS & {path.stem, *path.parent.parts}] == []
    said = [(module, name) for module, one in seen().items() for name in one.functions if EMPTY_VERBS.match(name)]
    assert [one for one in said if one[1] not in CALLED_BY_OTHERS] == []


def test_public_names_are_listed_sorted_and_there() -> None:
    """A sorted `__all__`, which names only what the module has; only a module without public names may lack it."""
    assert {module: wrong for module, one in seen().items() if (wrong := _wrongly_listed(module, one))} == {}


def _wrongly_listed(module: str, one: Seen) -> str:
    """What is wrong with its `__all__`."""
    if one.listed is None:
        public = [] if module.endswith("__main__.py") else [name for name in one.defined if not name.startswith("_")]
        return f"none, with {sorted(public)}" if public else ""
    if one.listed != sorted(one.listed, key=_as_ruff_sorts):
        return "not sorted"
    lacking = set(one.listed) - one.known
    return f"not there: {sorted(lacking)}" if lacking else ""


_NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _functions(module: ast.AST) -> Iterator[str]:
    """The names of all, also of those within others."""
    for node in ast.iter_child_nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):  # no function stands in an expression
            yield from _functions(node)


def _listed(module: ast.Module) -> list[str] | None:
    for node in module.body:
        if isinstance(node, ast.Assign) and "__all__" in {one.id for one in node.targets if isinstance(one, ast.Name)}:
            return list(ast.literal_eval(node.value))
    return None


def _assigned(module: ast.Module) -> set[str]:
    plain = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    typed = [node.target for node in module.body if isinstance(node, ast.AnnAssign)]
    return {one.id for one in [*plain, *typed] if isinstance(one, ast.Name)}


def _imported(module: ast.Module) -> set[str]:
    nodes = (node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    """CONSTANTS, Classes, functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)
