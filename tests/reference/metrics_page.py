"""`docs/reference/metrics.md`, made of the closed lists of metrics."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from producers.metrics import LISTED
from streams.metrics import CONSOLE_GAUGES, COUNTERS, GAUGES, Measure
from tests.architecture.source import ROOT

__all__ = ["METRICS", "exported", "metrics_page"]

METRICS: Final = ROOT / "docs/reference/metrics.md"
PREFIX: Final = "leadstream_"
HEAD: Final = """\
# Metrics

All that a process tells Prometheus at `/metrics`. `make reference` writes this page from the code, a test compares.

- A counter only grows, from 0 at each start: look at `increase(...)` or `rate(...)`. A gauge is what is true now. A
  histogram has `_bucket`, `_sum` and `_count`.
- Each process counts for itself: sum over processes. Labels name no person, address or key.
- *Look when* is a beginning: alarms with their expressions stand in [run it](../how-to/run-it.md#what-to-watch) and
  [the spool](../how-to/spool.md#watch-it).
"""
TABLE: Final = "| name | kind | labels | unit | what it is | look when |\n|---|---|---|---|---|---|\n"


class Row(NamedTuple):
    """One row of the page."""

    name: str
    kind: str
    by: tuple[str, ...]
    unit: str
    meaning: str
    watch: str


def exported() -> dict[str, list[Row]]:
    """By process."""
    collector = [Row(one.name, one.kind, one.by, one.unit, one.meaning, one.watch) for one in LISTED]
    return {
        "Collector": sorted(collector),
        "Worker": [*_rows(COUNTERS, "counter"), *_rows(GAUGES, "gauge")],
        "Console": [*_rows(CONSOLE_GAUGES, "gauge")],
    }


def metrics_page() -> str:
    """The whole page."""
    sections = (f"## {title}\n\n{TABLE}{''.join(map(_line, rows))}" for title, rows in exported().items())
    return "\n".join((HEAD, *sections))


def _rows(measures: Mapping[str, Measure], kind: str) -> Iterator[Row]:  # type: ignore[type-var]
    for name, one in measures.items():
        full = f"{PREFIX}{name}{'_total' if kind == 'counter' else ''}"
        yield Row(full, kind, one.by, one.unit, one.meaning, one.watch)


def _line(one: Row) -> str:
    cells = (f"`{one.name}`", one.kind, ", ".join(f"`{name}`" for name in one.by), one.unit, one.meaning, one.watch)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells) + "\n"
