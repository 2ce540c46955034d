"""`python -m tests.bench [--only NAME] [--rounds 3] [--broker apache|embedded]`: figures against their baselines.

Real Apache Kafka where Java is there; figures from the embedded broker carry that mark in the history and are no
promise. Budgets are printed beside the figures; nothing fails on them yet.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.apache_jars import java_missing
from deploy.local.embedded import embedded_valkey
from tests.bench.cards import lead_card
from tests.bench.collector import collector
from tests.bench.core import core
from tests.bench.decode import decode
from tests.bench.harness import Figure, publish
from tests.bench.latency import latency
from tests.bench.pages import pages
from tests.bench.projection import projection
from tests.bench.recovery import recovery
from tests.bench.rows import rows
from tests.bench.saturation import saturation
from tests.bench.search import search
from tests.bench.served import LOAD_CORE
from tests.bench.tracker import tracker
from tests.bench.worker import worker
from tests.integration.brokers import BrokerKind, broker
from tests.integration.bus import Bus

__all__ = ["main"]

ON_KAFKA: Final[Mapping[str, Callable[[Bus, Path, int], list[Figure]]]] = {
    "collector": collector,
    "latency": latency,
    "recovery": recovery,
    "saturation": saturation,
    "worker": worker,
}
ON_VALKEY: Final[Mapping[str, Callable[[str, int], list[Figure]]]] = {"pages": pages, "search": search}
ALONE: Final = ("core", "decode", "pages", "projection", "rows", "search", "tracker")
_MARK: Final = "leadstream-bench-"


def _alone(name: str, rounds: int) -> list[Figure]:
    match name:
        case "core":
            return core(rounds)
        case "decode":
            return decode(rounds)
        case "rows":
            return rows(rounds)
        case "tracker":
            return tracker()
        case "pages" | "search":
            with embedded_valkey() as url:
                return ON_VALKEY[name](url, rounds)
        case _:
            with embedded_valkey() as url:
                return projection(url, lead_card, rounds)


def _on_kafka(name: str, kind: BrokerKind, rounds: int) -> list[Figure]:
    place = Path(tempfile.mkdtemp(prefix=_MARK))
    try:
        with broker(kind) as bootstrap:
            bus = Bus(bootstrap, prefix="bench.", app_id="bench")
            try:
                bus.create()
                return ON_KAFKA[name](bus, place, rounds)
            finally:
                bus.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main() -> int:
    """Run what was asked for. 1 if a bench could not make its figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", choices=[*ALONE, *ON_KAFKA])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--broker", choices=["apache", "embedded"], default="embedded" if java_missing() else "apache")
    args = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    failed = 0
    for name in [args.only] if args.only else [*ALONE, *ON_KAFKA]:
        try:
            if name in ALONE:
                publish(_alone(name, args.rounds), broker="none")
            else:
                publish(_on_kafka(name, args.broker, args.rounds), broker=args.broker)
        except (AssertionError, OSError, RuntimeError) as error:
            print(f"no figure for {name}: {error}", file=sys.stderr, flush=True)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
