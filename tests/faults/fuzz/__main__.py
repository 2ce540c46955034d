"""`python -m tests.faults.fuzz --seed 7 --requests 200000`: requests that nobody should send, to a real collector."""

import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from tests.faults.fuzz.run import Plan, fuzzed, ready_collector
from tests.integration.proof import seed as new_seed


def main() -> int:
    """1 where something was found."""
    options = ArgumentParser(prog="python -m tests.faults.fuzz", description=__doc__)
    options.add_argument("--seed", type=int, default=None, help="the same seed sends the same requests")
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--first", type=int, default=0, help="number of the first request")
    asked = options.parse_args()
    plan = Plan(new_seed() if asked.seed is None else asked.seed, asked.requests, asked.first)
    with tempfile.TemporaryDirectory() as place, ready_collector(Path(place)) as collector:
        began = time.monotonic()
        found = fuzzed(collector, plan, told=lambda done: _tell(done, plan.requests))
        seconds = time.monotonic() - began
    print(f"FUZZ {found.summary()} seconds={seconds:.0f}")
    print(found.said())
    found.keep()
    return int(bool(found.finds))


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
