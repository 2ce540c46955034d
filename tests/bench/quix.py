"""Quix Streams' stateful count with its changelog on: the fastest Python stream processor that keeps rows durable."""

import sys
from pathlib import Path
from random import Random
from typing import Final

from msgspec.json import encode

from schemas.topics import partition_of
from tests.bench.bodies import Mix, visits
from tests.bench.runs import Run
from tests.bench.served import SERVER_CORE, started
from tests.bench.steady import done_by, steady
from tests.integration.bus import Bus

__all__ = ["QUIX_PYTHON", "quix"]

QUIX_PYTHON: Final = Path(sys.prefix) / "quix" / "bin" / "python"  # made by `make bench`
SCRIPT: Final = Path(__file__).parent / "baselines" / "quix_count.py"


def quix(bus: Bus, place: Path, *, number: int, events: int, mix: Mix, at: int) -> Run:
    """One run over `events` single events."""
    topic, app_id = f"{bus.prefix}quix-{number}", f"{bus.app_id}-quix-{number}"
    bus.make({topic: {}})
    made = [
        (partition_of(visitor, bus.partitions), visitor.encode(), encode(one))
        for visitor, own in visits(Random(number), events=events, mix=mix, at=at)
        for one in own
    ]
    env = {"BENCH_BOOTSTRAP": bus.bootstrap, "BENCH_TOPIC": topic, "BENCH_APP": app_id,
           "BENCH_DATADIR": str(place / app_id)}  # fmt: skip
    bus.write_keyed(topic, made)
    with started(str(SCRIPT), env=env, core=SERVER_CORE, log=place / f"{app_id}.log", python=QUIX_PYTHON) as child:
        return steady(child.pid, done_by(bus, app_id, topic), events=events, within_s=180, what=app_id)
