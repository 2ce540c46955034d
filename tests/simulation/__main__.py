"""`python -m tests.simulation --seeds 100000 --steps 1000 --from N`: any number of seeds on all cores.

`--seed N` runs one; `--erasing`: people are erased in each. Each seed that breaks a law is printed as the line that
shows it again, as short as it was found.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.erasing import ErasingSimulation
from tests.simulation.run import Found, Planned, looked_at, shrunk
from tests.simulation.simulator import Simulation

__all__ = ["main"]

SAY_S = 10.0


def main(argv: list[str]) -> int:
    """0: every law holds."""
    asked = _asked(argv)
    world = ErasingSimulation if asked.erasing else Simulation
    if asked.seed is not None:
        found = looked_at(Planned(asked.seed, asked.steps), world=world)
        print(found.problem if found else f"seed {asked.seed}: every law holds for {asked.steps} steps")
        return 1 if found else 0
    planned = [Planned(seed, asked.steps) for seed in range(asked.first, asked.first + asked.seeds)]
    broken = 0
    for one in _watched(_all(planned, world, asked.processes), len(planned)):
        if one is not None:
            broken += 1
            short = shrunk(one, world=world)
            print(f"{short.planned.line}{' --erasing' if asked.erasing else ''}\n    {short.problem[:600]}", flush=True)
    print(f"{len(planned)} seeds x {asked.steps} steps, {broken} broken")
    return 1 if broken else 0


def _asked(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--erasing", action="store_true", help="lives in which people are erased")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(argv)


def _all(planned: list[Planned], world: type[Simulation], processes: int) -> Iterator[Found | None]:
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(partial(looked_at, world=world), planned, chunksize=10)


def _watched(found: Iterable[Found | None], total: int) -> Iterator[Found | None]:
    """Says now and then how far it is."""
    began = said = time.monotonic()
    for count, one in enumerate(found, 1):
        yield one
        now = time.monotonic()
        if now - said > SAY_S:
            said = now
            rate = count / (now - began)
            print(f"{count} of {total}, {rate:.1f} a second, {(total - count) / rate:.0f} s to go", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
