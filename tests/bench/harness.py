"""How figures are made: baseline and ours by turns in one run, medians with their range, a history with the machine.

Figures of another broker than Apache Kafka carry its mark: they say something about us only beside each other.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from msgspec import Struct, to_builtins
from msgspec.json import encode

from tests.bench.machine import machine

__all__ = ["Figure", "Round", "alternate", "figure", "publish"]

HISTORY: Final = Path(__file__).with_name("history.jsonl")
_VERSIONS: Final = ("aiokafka", "faust-streaming", "granian", "kafka-python", "msgspec", "orjson", "redis", "uvicorn")


class Round(Struct, frozen=True):
    """One round's figure of the baseline and of ours, in the same unit."""

    baseline: float
    ours: float


class Figure(Struct, frozen=True, kw_only=True):
    """What one `BENCH` line says. `budget` is DESIGN's, as text; `note` names the mix and the broker."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    budget: str = ""
    note: Mapping[str, str | int | float] = {}


def alternate(rounds: int, *, baseline: Callable[[], float], ours: Callable[[], float]) -> list[Round]:
    """Baseline and ours by turns, so that a slow minute of the machine falls on both."""
    return [Round(baseline(), ours()) for _ in range(rounds)]


def figure(
    name: str,
    values: Sequence[float],
    *,
    unit: str,
    budget: str = "",
    note: Mapping[str, str | int | float] | None = None,
) -> Figure:
    """The median with its range."""
    return Figure(
        name=name, value=median(values), unit=unit, low=min(values), high=max(values), budget=budget, note=note or {}
    )


def _say(one: Figure) -> str:
    return f"BENCH {one.name} {one.value:.4g} {one.unit} ({one.low:.4g}..{one.high:.4g})"


def publish(figures: Sequence[Figure], *, broker: str) -> None:
    """Print the lines and append one record of them to the history. `broker` is `apache`, `embedded` or `none`."""
    for one in figures:
        print(_say(one) + (f"  budget {one.budget}" if one.budget else ""), flush=True)
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "broker": broker,
        "machine": to_builtins(machine()),
        "load_average": os.getloadavg()[0],  # of others too: a figure from a busy machine shows it
        "versions": {name: version(name) for name in _VERSIONS},
        "figures": to_builtins(list(figures)),
    }
    with HISTORY.open("ab") as history:
        history.write(encode(record) + b"\n")
