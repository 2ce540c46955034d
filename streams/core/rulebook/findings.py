"""What is allowed in the rules files and probably not meant: each with its file, its line, and what to do.

Errors are not here: those stop the start (`streams/core/rules.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from streams.core.rulebook.text import line_of

__all__ = ["Finding", "Path", "Said", "placed"]

Path = tuple[str | int, ...]


class Said(Struct, frozen=True):
    """What one check has to say of the place at `path`. A `note` is how it is, a `warning` should be looked at."""

    file: str
    path: Path
    text: str
    weight: Literal["note", "warning"] = "warning"


class Finding(Struct, frozen=True, order=True):
    """One finding, at its line. Sorting sorts by place."""

    file: str
    line: int
    text: str
    weight: Literal["note", "warning"]

    def __str__(self) -> str:
        """As it is printed: `scoring.toml:12: ...`."""
        return f"{self.file}:{self.line}: {self.text}"


def placed(said: Iterator[Said], files: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings with their lines, in the order of files and lines."""
    return tuple(sorted(Finding(one.file, line_of(files[one.file], one.path), one.text, one.weight) for one in said))
