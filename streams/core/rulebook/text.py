"""TOML text to a rules struct; every error names the file, the line, and the fix.

`tomllib` keeps no positions, so the line is found by the path that msgspec names: count the headers, then find the key.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, TypeVar

from msgspec import Struct, ValidationError, convert, inspect

from streams.core.rulebook.faults import RuleFault, RulesError, at, near
from streams.core.rulebook.refusals import heard
from streams.core.said import Said, Value

__all__ = ["line_of", "parse_rules"]

S = TypeVar("S", bound=Struct)
_AT: Final = re.compile(r" - at `(?P<path>\$[^`]*)`$")
_STEP: Final = re.compile(r"\.(?P<key>[A-Za-z0-9_-]+)|\[(?P<index>\d+|\.\.\.)\]")
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<key>[^`]*)`$")
_TOML_LINE: Final = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
# How checks of a whole file begin: `stage "mql": after: there is no ...`
_ABOUT: Final = re.compile(r'^(?P<table>\w+) "(?P<title>[^"]*)"(: (?P<key>\w+))?')
_TITLES: Final = ("name", "event", "kind", "id", "email", "domain", "domains", "title")
# Of `a.b.c = 1` and `[a.b.c]`: tomllib takes the square of their number, and no rule has more than two.
_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DEEP: Final = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{_PART}[ \t]*\.[ \t]*){{16}}", re.MULTILINE)
_HEADER: Final = re.compile(r"^\s*\[{1,2}\s*(?P<name>[^\[\]]+?)\s*\]{1,2}\s*(#.*)?$")


def parse_rules(name: str, text: str, kind: type[S]) -> S:
    """The struct that this TOML text says. `name` is the file's name, for errors. Raises RulesError."""
    tree = _tree(name, text)
    try:
        return convert(tree, kind)
    except ValidationError as error:
        raise _explained(name, text, tree, kind=kind, error=error) from error


def _tree(name: str, text: str) -> dict[str, Any]:
    """What the text holds, whoever wrote it: nothing in it makes the reader fail otherwise, or work for minutes."""
    if deep := _DEEP.search(text):
        line = text.count("\n", 0, deep.end()) + 1
        raise RulesError(name, Said("a key has too many parts"), line=line)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
        why = heard(_TOML_LINE.sub("", str(error)))
        raise RulesError(name, Said("not TOML: %(why)s", {"why": why}), line=line) from error
    except RecursionError as error:
        raise RulesError(name, Said("arrays or tables lie in each other too deep to be read")) from error
    except ValueError as error:  # a number of thousands of digits, a day that no month has
        raise RulesError(name, Said("a value cannot be read: %(why)s", {"why": str(error)})) from error


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """1-based line of what a path such as ("rule", 2, "points") names; of the nearest table that is there."""
    lines = text.splitlines()
    tables = [step for step in path if isinstance(step, str)]
    for depth in range(len(tables), -1, -1):
        start = _header_line(lines, ".".join(tables[:depth]), nth=_index_after(path, depth))
        if start is not None:
            key = tables[depth] if depth < len(tables) else None
            return max(start, 1) if key is None else _key_line(lines, start, key)
    return 1


def _index_after(path: tuple[str | int, ...], depth: int) -> int:
    """Which of several tables of one name: the number behind the `depth`-th name."""
    names = 0
    for step in path:
        if isinstance(step, str):
            names += 1
        elif names == depth:
            return step
    return 0


def _header_line(lines: list[str], table: str, *, nth: int) -> int | None:
    """1-based line of the nth `[table]` or `[[table]]`; 0 for the top of the file."""
    if not table:
        return 0
    found = [number for number, line in enumerate(lines, 1) if (m := _HEADER.match(line)) and m["name"] == table]
    return found[nth] if nth < len(found) else None


def _key_line(lines: list[str], start: int, key: str) -> int:
    """1-based line of `key =` below the header at line `start`; the header's where it is not there."""
    pattern = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[=.]""")
    for number, line in enumerate(lines[start:], start + 1):
        if _HEADER.match(line):
            break
        if pattern.match(line):
            return number
    return max(start, 1)


def _explained(name: str, text: str, tree: Any, *, kind: type[Struct], error: ValidationError) -> RulesError:
    found = _AT.search(str(error))
    path = _path(found["path"]) if found else ()
    message = _AT.sub("", str(error))
    said = error.__cause__.said if isinstance(error.__cause__, RuleFault) else heard(message)
    if not path and (about := _ABOUT.match(message)):
        return RulesError(name, said, line=line_of(text, _path_about(tree, about)))
    if unknown := _UNKNOWN.match(message):
        key = unknown["key"]
        said = Said('unknown "%(key)s"%(near)s', {"key": key, "near": near(key, _fields(kind, path))})
        path = (*path, key)
    elif message.startswith("Expected") and (keys := [step for step in path if isinstance(step, str)]):
        said = at(f'"{keys[-1]}"', said)
    whose = _whose(tree, path)
    return RulesError(name, at(whose, said) if whose else said, line=line_of(text, path))


def _path_about(tree: Any, about: re.Match[str]) -> tuple[str | int, ...]:
    """The path to what a check of the whole file speaks of."""
    rows = tree.get(about["table"], [])
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and about["title"] in _titles(row):
            key = about["key"]
            return (about["table"], number, key) if key in row else (about["table"], number)
    return ()


def _titles(row: dict[str, Any]) -> Iterator[Any]:
    """What a row may be called by."""
    for key in _TITLES:
        if found := row.get(key):
            yield from found if isinstance(found, list) else [found]


def _path(text: str) -> tuple[str | int, ...]:
    return tuple(_steps(text))


def _steps(text: str) -> Iterator[str | int]:
    for step in _STEP.finditer(text):
        if step["key"]:
            yield step["key"]
        else:
            yield 0 if step["index"] == "..." else int(step["index"])


def _whose(tree: Any, path: tuple[str | int, ...]) -> Value:
    """`rule "pricing_page"` for a path into a table that has a name, "" for what lies in none."""
    told: Value = ""
    for step, after in pairwise(path):
        tree = tree.get(step) if isinstance(tree, dict) else None
        if isinstance(after, int) and isinstance(tree, list) and after < len(tree):
            element = tree[after]
            if isinstance(element, dict):
                title = next(_titles(element), None)
                unnamed = Said("%(table)s number %(n)s", {"table": str(step), "n": after + 1})
                told = f'{step} "{title}"' if title else unnamed
                tree = {}
    return told


def _fields(kind: type[Struct], path: tuple[str | int, ...]) -> list[str]:
    """Names that the struct at this path may hold."""
    node: Any = inspect.type_info(kind)
    for step in path:
        node = _below(node, step)
    return [field.encode_name for field in node.fields] if isinstance(node, inspect.StructType) else []


def _below(node: Any, step: str | int) -> Any:
    if isinstance(node, inspect.UnionType):
        node = next((one for one in node.types if not isinstance(one, inspect.NoneType)), node)
    match node:
        case inspect.StructType():
            return next((field.type for field in node.fields if field.encode_name == step), None)
        case inspect.ListType() | inspect.VarTupleType():
            return node.item_type
        case inspect.DictType():
            return node.value_type
        case _:
            return None
