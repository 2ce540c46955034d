"""The simulator must see what is wrong: each planted bug is found, and what is found is a line that shows it again."""

import pytest

from tests.simulation.broken_engines import BROKEN_ENGINES, Counts
from tests.simulation.run import Planned, kept, looked_at, shrunk
from tests.simulation.worker import SimWorker

SEEDS = 60
STEPS = 400


@pytest.mark.parametrize("kind", BROKEN_ENGINES, ids=lambda kind: kind.__name__)
def test_every_planted_bug_is_found(kind: type[SimWorker]) -> None:
    planned = [*kept(), *(Planned(seed, STEPS) for seed in range(SEEDS))]
    found = next((one for some in planned if (one := looked_at(some, kind=kind))), None)
    assert found is not None, kind.__doc__


def test_a_failing_seed_is_made_shorter() -> None:
    found = looked_at(Planned(0, STEPS), kind=Counts)
    assert found is not None
    short = shrunk(found, kind=Counts)
    assert 0 < short.planned.steps < STEPS
    assert looked_at(short.planned, kind=Counts) is not None
    assert looked_at(Planned(0, short.planned.steps - 1), kind=Counts) is None
    assert short.planned.line == f"python -m tests.simulation --seed 0 --steps {short.planned.steps}"
