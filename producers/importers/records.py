"""The records of a file: one broken line costs itself alone, never what stands below it.

A quote that does not end would swallow the rest of a file. So a record over several lines must end within 200 of them
and have as many cells as the header; else its first line is broken, and reading goes on with the second.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from producers.errors import BadFile

__all__ = ["Broken", "Record", "header_of", "records_of"]

MOST_LINES: Final = 200
MOST_CELL: Final = 32_768


class Record(Struct, frozen=True):
    """One row. `line` counts from 1, the header's included."""

    line: int
    cells: tuple[str, ...]


class Broken(Struct, frozen=True):
    """One line that is no row, and why."""

    line: int
    text: str
    why: str


def header_of(text: str, separator: str) -> Record:
    """The first row that holds anything. Raises BadFile."""
    lines = _lines(text)
    for start, line in enumerate(lines):
        if not line.strip():
            continue
        end = _end_of(lines, start)
        cells = _parsed(lines[start:end], separator)
        if cells is None:
            raise BadFile(f"line {start + 1}: the header is no row")
        return Record(end, tuple(cell.strip() for cell in cells))
    raise BadFile("there is nothing in it: expected a header, and a row for each record")


def records_of(text: str, separator: str, *, header: Record) -> Iterator[Record | Broken]:
    """All below the header. Empty lines are passed over."""
    lines = _lines(text)
    at, width = header.line, len(header.cells)
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        found, taken = _record(lines, at, separator=separator, width=width)
        yield found
        at += taken


def _end_of(lines: Sequence[str], at: int) -> int:
    """Behind the line on which all quotes are closed."""
    quotes = 0
    for end in range(at + 1, min(at + MOST_LINES, len(lines)) + 1):
        quotes += lines[end - 1].count('"')
        if quotes % 2 == 0:
            return end
    return at + 1


def _record(lines: Sequence[str], at: int, *, separator: str, width: int) -> tuple[Record | Broken, int]:
    """What begins here, and how many lines it takes."""
    inside = False
    for end in range(at + 1, min(at + MOST_LINES, len(lines)) + 1):
        inside ^= bool(lines[end - 1].count('"') % 2)
        if inside:
            continue
        cells = _parsed(lines[at:end], separator)
        if cells is not None and len(cells) == width:
            return Record(at + 1, tuple(cells)), end - at
        if end == at + 1:
            why = "quotes inside quotes are not doubled" if cells is None else f"{len(cells)} cells, not {width}"
            return Broken(at + 1, lines[at], why), 1
        break
    return Broken(at + 1, lines[at], "a quote that does not end"), 1


def _parsed(lines: Sequence[str], separator: str) -> list[str] | None:
    """The cells of one row, None where it is none."""
    try:
        rows = list(csv.reader([f"{line}\n" for line in lines], delimiter=separator, strict=True))
    except csv.Error:
        return None
    if len(rows) != 1 or any(len(cell) > MOST_CELL for cell in rows[0]):
        return None
    return rows[0]


def _lines(text: str) -> list[str]:
    """A line feed, a carriage return or both end a line, and nothing else that Unicode calls an end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
