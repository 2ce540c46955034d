"""One seed, or many: what is wrong with each, and the line that shows it again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog

from tests.simulation.judge import judged
from tests.simulation.simulator import Simulation
from tests.simulation.worker import SimWorker
from tests.simulation.world import Broken

__all__ = ["Found", "Planned", "kept", "looked_at", "quiet", "shrunk"]

KEPT: Final = Path(__file__).with_name("regressions.txt")
PLAINLY: Final = 4  # every fourth seed is also told without machines: that costs as much again


class Planned(NamedTuple):
    """A seed, and how long it goes on."""

    seed: int
    steps: int

    @property
    def line(self) -> str:
        """How to see it again."""
        return f"python -m tests.simulation --seed {self.seed} --steps {self.steps}"


class Found(NamedTuple):
    """A run that broke a law."""

    planned: Planned
    problem: str


def looked_at(
    planned: Planned, *, kind: type[SimWorker] = SimWorker, world: type[Simulation] = Simulation
) -> Found | None:
    """Runs one seed. None: every law holds."""
    with quiet():
        try:
            run = world(planned.seed, kind=kind)
            run.run(planned.steps)
            problem = judged(run, plainly=world is Simulation and planned.seed % PLAINLY == 0)
        except Broken as error:
            problem = str(error)
    return Found(planned, problem) if problem else None


def shrunk(
    found: Found, *, kind: type[SimWorker] = SimWorker, world: type[Simulation] = Simulation
) -> Found:
    """The shortest run found that breaks something too. Fewer steps of a seed are the beginning of more."""
    least, most = 0, found.planned.steps
    while most - least > 1:
        middle = (least + most) // 2
        shorter = looked_at(Planned(found.planned.seed, middle), kind=kind, world=world)
        if shorter is None:
            least = middle
        else:
            found, most = shorter, middle
    return found


def kept() -> list[Planned]:
    """Seeds that once broke something: `seed steps # what it was`."""
    lines = (line.partition("#")[0].split() for line in KEPT.read_text(encoding="utf-8").splitlines())
    return [Planned(int(line[0]), int(line[1])) for line in lines if line]


def _dropped(*_: Any) -> Any:
    raise structlog.DropEvent


@contextmanager
def quiet() -> Iterator[None]:
    """The engine logs what it refuses, thousands of times; the collector of garbage finds the cycles later."""
    before = structlog.get_config()
    structlog.configure(processors=[_dropped])
    gc.disable()
    try:
        yield
    finally:
        structlog.configure(**before)
        gc.enable()
