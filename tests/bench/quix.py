"""Quix Streams' stateful count with its changelog on: the fastest Python stream processor that keeps rows durable."""

import sys
import time
from pathlib import Path
from random import Random
from typing import Final

from kafka.errors import KafkaError
from msgspec.json import encode

from schemas.topics import partition_of
from tests.bench.bodies import Mix, visits
from tests.bench.machine import cpu_seconds, resident_mb
from tests.bench.runs import Run
from tests.bench.served import SERVER_CORE, started
from tests.integration.bus import Bus, wait_until

__all__ = ["QUIX_PYTHON", "quix"]

QUIX_PYTHON: Final = Path(sys.prefix) / "quix" / "bin" / "python"  # made by `make bench`
SCRIPT: Final = Path(__file__).parent / "baselines" / "quix_count.py"


def quix(bus: Bus, place: Path, *, number: int, events: int, mix: Mix, at: int) -> Run:
    """One run over `events` single events. It is up and has committed one event before the clock starts."""
    topic, app_id = f"{bus.prefix}quix-{number}", f"{bus.app_id}-quix-{number}"
    bus.make({topic: {}})
    made = [
        (partition_of(visitor, bus.partitions), visitor.encode(), encode(one))
        for visitor, own in visits(Random(number), events=events, mix=mix, at=at)
        for one in own
    ]
    env = {"BENCH_BOOTSTRAP": bus.bootstrap, "BENCH_TOPIC": topic, "BENCH_APP": app_id,
           "BENCH_DATADIR": str(place / app_id)}  # fmt: skip
    with started(str(SCRIPT), env=env, core=SERVER_CORE, log=place / f"{app_id}.log", python=QUIX_PYTHON) as child:
        bus.write_keyed(topic, [(partition, b"warm", made[0][2]) for partition in range(bus.partitions)])
        wait_until(lambda: _caught_up(bus, app_id, topic), within_s=60, what=f"{app_id} ready", every_s=0.05)
        cpu, since = cpu_seconds(child.pid), time.perf_counter()
        bus.write_keyed(topic, made)
        wait_until(lambda: _caught_up(bus, app_id, topic), within_s=120, what=f"{app_id} caught up", every_s=0.05)
        took, used = time.perf_counter() - since, cpu_seconds(child.pid) - cpu
        return Run(events / took, used / events * 1e6, resident_mb(child.pid))


def _caught_up(bus: Bus, app_id: str, topic: str) -> bool:
    """Whether its group has committed all there is; a new group has no coordinator at first."""
    try:
        return bus.lag_of(app_id, topic) == 0
    except KafkaError:
        return False
