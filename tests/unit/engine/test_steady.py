"""The engine's time when the wall clock is stepped, drifts, and is set right."""

import random
from itertools import pairwise

import pytest

from streams.engine.steady import BELIEVED_MS, DRIFT_MS, SteadyTime

MINUTE, DAY = 60_000, 86_400_000
NOON = 1_800_000_000_000


class World:
    """True time in milliseconds, and a wall clock that is `off` from it."""

    def __init__(self) -> None:
        self.true = NOON
        self.off = 0
        self.time = SteadyTime(lambda: self.true + self.off, elapsed=lambda: self.true / 1_000)

    def after(self, ms: int) -> int:
        """How far the engine's time is from the truth, that much later; it is asked every second meanwhile."""
        for _ in range(ms // 1_000):
            self.true += 1_000
            self.time()
        return self.time() - self.true


@pytest.fixture
def world() -> World:
    return World()


def test_it_goes_with_the_wall_clock(world: World) -> None:
    assert world.after(10 * MINUTE) == 0


@pytest.mark.parametrize("step", [5 * MINUTE, -5 * MINUTE, DAY, -DAY])
def test_a_step_that_is_taken_back_never_happened(world: World, step: int) -> None:
    world.off = step
    assert world.after(BELIEVED_MS - 2_000) == 0
    world.off = 0
    assert world.after(BELIEVED_MS + MINUTE) == 0


@pytest.mark.parametrize("step", [5 * MINUTE, -5 * MINUTE, DAY, -DAY])
def test_a_step_that_lasts_is_believed(world: World, step: int) -> None:
    world.off = step
    world.after(BELIEVED_MS + 2_000)
    assert world.time() == world.true + step


def test_a_clock_that_jumps_about_is_not_believed(world: World) -> None:
    for turn in range(10):
        world.off = (turn + 1) * 7 * MINUTE
        assert world.after(BELIEVED_MS - 2_000) == 0


def test_a_small_lead_is_followed_and_a_small_delay_waited_for(world: World) -> None:
    world.off = DRIFT_MS
    assert world.after(0) == DRIFT_MS
    world.off = 0
    before = world.time()
    assert world.after(1_000) == DRIFT_MS - 500
    assert world.time() == before + 500
    assert world.after(4_000) == 0


def test_it_never_goes_back_but_by_a_believed_step() -> None:
    chance = random.Random(7)
    world = World()
    seen = []
    for _ in range(5_000):
        world.true += chance.randrange(2_000)
        world.off = chance.choice([0, chance.randint(-DRIFT_MS, DRIFT_MS), chance.randint(-DAY, DAY)])
        seen.append(world.time())
    assert all(before <= after for before, after in pairwise(seen))
    assert abs(seen[-1] - world.true) <= DRIFT_MS


def test_a_machine_that_slept_woke_to_the_true_time(world: World) -> None:
    world.true += DAY
    assert world.time() == world.true
