"""What fault tests found, one JSON line each, so that the table of faults is what was measured and nothing else.

Written only where `LEADSTREAM_FAULTS_RECORD` is set, as `make faults` does: a quick run leaves no trace.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec

from msgspec import Struct, field
from msgspec.json import Decoder, encode

from tests.bench.machine import Machine, machine
from tests.integration.ledger import Counts
from tests.spread import say

__all__ = ["RESULTS", "Figure", "Result", "found", "named", "recorded", "results", "run_of"]

RESULTS: Final = Path(__file__).with_name("results.jsonl")
ROOT: Final = Path(__file__).parents[2]
_RUNS: Final[list["Result"]] = []  # of recorded tests: the last one runs now
P = ParamSpec("P")


class Figure(Struct, frozen=True, kw_only=True):
    """One pass metric. `most`, `least`: the bound that it must keep, None where there is none on that side."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether it is within its bound."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


class Result(Counts, kw_only=True):
    """One run of one fault. `failed`: why it did not end well, "" where it did."""

    fault: str
    broker: str
    figures: list[Figure] = field(default_factory=list)
    failed: str = ""
    seconds: float = 0.0
    at: str = ""  # UTC
    commit: str = ""
    machine: Machine | None = None

    def said(self) -> str:
        """As it is printed."""
        figures = "".join(f" {one.name.replace(' ', '_')}={one.value:g}{one.unit}" for one in self.figures)
        failed = f" failed={self.failed!r}" if self.failed else ""
        return f"{self.line(self.fault)} broker={self.broker}{figures}{failed}"

    def take(self, counts: Counts) -> None:
        """What the run is judged by, from now on; its seed stays."""
        for name in Counts.__struct_fields__:
            setattr(self, name, self.seed if name == "seed" else getattr(counts, name))


@contextmanager
def run_of(fault: str, *, broker: str, seed: int = 0) -> Iterator[Result]:
    """A result to fill in; it is printed and kept when the run ends, also where it fails."""
    result = Result(fault=fault, broker=broker, seed=seed)
    began = time.monotonic()
    try:
        yield result
    except BaseException as error:
        result.failed = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise
    finally:
        result.seconds = round(time.monotonic() - began, 1)
        say(f"\n{result.said()}")
        _keep(result)


def recorded(fault: str, *, broker: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A test that is one run of this fault. What it finds it says with `found`."""

    def wrapped(test: Callable[P, None]) -> Callable[P, None]:
        @wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            with run_of(fault, broker=broker) as result:
                _RUNS.append(result)
                try:
                    test(*args, **kwargs)
                finally:
                    _RUNS.pop()

        return run

    return wrapped


def named(variant: str) -> None:
    """The recorded test that runs now is this variant of its fault, also where it fails later."""
    _RUNS[-1].fault += f"-{variant}"


def found(ledger: Counts, *figures: Figure) -> None:
    """What the recorded test that runs now has found."""
    result = _RUNS[-1]
    result.take(ledger)
    result.seed = ledger.seed
    result.figures = list(figures)


def results(path: Path = RESULTS) -> Sequence[Result]:
    """All that was kept, oldest first."""
    decoder = Decoder(Result)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()] if path.is_file() else []


def _keep(result: Result) -> None:
    if not os.environ.get("LEADSTREAM_FAULTS_RECORD"):
        return
    result.at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    result.commit = _commit()
    result.machine = machine()
    with RESULTS.open("ab") as out:
        out.write(encode(result) + b"\n")


def _commit() -> str:
    with suppress(OSError, subprocess.CalledProcessError):
        said = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()
    return ""
