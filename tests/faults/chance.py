"""Faults by chance: which, when, whom and for how long all follow from one seed.

A plan names targets by number; whoever stands there at that moment is hit (number modulo how many there are).
"""

from random import Random
from typing import Final, Literal, TypeAlias

from msgspec import Struct

__all__ = ["Act", "What", "plan"]

What: TypeAlias = Literal[
    "kill_worker", "end_worker", "freeze_worker", "kill_broker", "freeze_broker", "blackhole", "delay", "throttle",
    "reset", "half_close", "kill_collector", "end_collector", "freeze_redis",
]  # fmt: skip
# What, how often of 100, for how long at least and at most in seconds; 0 = a moment.
CHANCES: Final[tuple[tuple[What, int, float, float], ...]] = (
    ("kill_worker", 16, 0, 0),
    ("end_worker", 8, 0, 0),
    ("freeze_worker", 8, 2, 12),  # around the session time-out of 6 s
    ("kill_broker", 8, 3, 20),
    ("freeze_broker", 6, 2, 12),
    ("blackhole", 8, 2, 15),
    ("delay", 8, 3, 15),
    ("throttle", 6, 3, 15),
    ("reset", 8, 0.1, 3),
    ("half_close", 6, 0.1, 3),
    ("kill_collector", 6, 0, 0),
    ("end_collector", 4, 0, 0),
    ("freeze_redis", 8, 2, 10),
)
GAP_S: Final = 7.0  # on average


class Act(Struct, frozen=True, kw_only=True):
    """One fault: `at_s` after the begin, undone `for_s` later."""

    at_s: float
    what: What
    target: int
    for_s: float

    def __str__(self) -> str:
        lasting = f" for {self.for_s:.1f} s" if self.for_s else ""
        return f"{self.at_s:.1f} s: {self.what} {self.target}{lasting}"


def plan(seed: int, *, seconds: float) -> list[Act]:
    """All faults of a run, in order. The same seed gives the same plan, a longer run the same one and more."""
    random = Random(seed)
    acts: list[Act] = []
    at_s = random.uniform(1, 5)
    while at_s < seconds:
        what, _, least, most = random.choices(CHANCES, [weight for _, weight, _, _ in CHANCES])[0]
        acts.append(Act(at_s=at_s, what=what, target=random.randrange(1_000), for_s=random.uniform(least, most)))
        at_s += random.uniform(0.2, 2 * GAP_S - 0.2)
    return acts
