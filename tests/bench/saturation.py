"""`collector_growth_mb`: what the collector's memory gains while 64 connections post as fast as they are answered.

From the first minute's end to the last one's: what grows then would grow for ever.
"""

from pathlib import Path
from typing import Final

from tests.bench.bodies import posts
from tests.bench.collectors import Runs
from tests.bench.harness import Figure, figure
from tests.bench.machine import resident_mb
from tests.integration.bus import Bus

__all__ = ["MINUTES", "saturation"]

MINUTE_S: Final = 60.0
MINUTES: Final = 10


def saturation(bus: Bus, place: Path, rounds: int, *, minutes: int = MINUTES) -> list[Figure]:
    """One run of ten minutes, or of so many; `rounds` is not for it."""
    del rounds
    runs = Runs(bus, place, events=10, requests=posts(200, events=10))
    sizes: list[float] = []
    answered = 0
    with runs.serving() as serving:
        for _ in range(minutes):
            answered += runs.load(serving, seconds=MINUTE_S).answered
            sizes.append(resident_mb(serving.child.pid))
    note = {"minutes": minutes, "requests": answered, "first_mb": sizes[0], "last_mb": sizes[-1], "most_mb": max(sizes)}
    return [figure("collector_growth_mb", [sizes[-1] - sizes[0]], unit="MB", budget="<= 8", note=note)]
