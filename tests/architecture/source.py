"""The source as these tests read it."""

import ast
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["PACKAGES", "ROOT", "modules", "tree", "where"]

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("deploy", "kafka_access", "producers", "running", "schemas", "streams")


@cache
def modules() -> tuple[Path, ...]:
    """Every module of the packages."""
    return tuple(sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")))


def tree(path: Path) -> ast.Module:
    """Its syntax. It is not kept: all of them together would be looked through for garbage again and again."""
    return ast.parse(path.read_text("utf-8"))


def where(path: Path) -> str:
    """Its name in a test's title and message."""
    return str(path.relative_to(ROOT))
