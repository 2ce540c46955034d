"""Small files, one word for one thing, sorted public names."""

import ast
import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", modules(), ids=where)
def test_no_module_is_long(path: Path) -> None:
    """DESIGN: think again at 300, none above 500; an agent only moves, so 40 lines hold it."""
    limit = LONGEST_AGENT if where(path) in AGENTS else LONGEST
    assert len(path.read_text("utf-8").splitlines()) <= limit


@pytest.mark.parametrize("path", modules(), ids=where)
def test_names_say_what_they_are(path: Path) -> None:
    assert not EMPTY_WORDS & {path.stem, *path.parent.parts}
    defined = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [one.name for one in defined if EMPTY_VERBS.match(one.name) and one.name not in CALLED_BY_OTHERS] == []


@pytest.mark.parametrize("path", modules(), ids=where)
def test_public_names_are_listed_sorted_and_there(path: Path) -> None:
    """A sorted `__all__`, which names only what the module has; only a module without public names may lack it."""
    listed = _listed(tree(path))
    defined = {node.name for node in tree(path).body if isinstance(node, _NAMED)}
    if listed is None:
        assert path.stem == "__main__" or not {name for name in defined if not name.startswith("_")}
        return
    assert listed == sorted(listed, key=_as_ruff_sorts)
    assert set(listed) <= defined | _assigned(tree(path)) | _imported(tree(path))


_NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


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
