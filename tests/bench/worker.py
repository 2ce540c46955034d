"""`worker_ratio_10`, `worker_ratio_60`: our whole pipeline with durable rows against a plain Faust Table count.

Both workers are up and hold their partitions before the first record is written. The clock runs from the first write
until all inboxes are committed to their ends: for us, every row and every effect of every hop is acknowledged then.
"""

import time
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.json import encode

from schemas.topics import partition_of
from tests.bench.bodies import Mix, blocks, visits
from tests.bench.harness import Figure, figure
from tests.bench.machine import cpu_seconds, resident_mb
from tests.bench.served import SERVER_CORE, free_port, started
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import environment

__all__ = ["worker"]

MIX = Mix()
PLAIN_EVENTS = 15_000
OUR_EVENTS = 60_000
AT = 1_795_262_400_000


class Run(Struct, frozen=True):
    """Events a second by the wall, CPU of the worker per event in us, and its memory at the end in MiB."""

    rate: float
    cpu_us: float
    resident_mb: float


def plain(bus: Bus, place: Path, *, number: int) -> Run:
    """The baseline: one JSON record per event."""
    topic, app_id = f"{bus.prefix}plain-{number}", f"{bus.app_id}-plain-{number}"
    bus.make({topic: {}, f"{app_id}-counts-changelog": {"cleanup.policy": "compact"}})
    made = [
        (partition_of(visitor, bus.partitions), encode(one))
        for visitor, own in visits(Random(number), events=PLAIN_EVENTS, mix=MIX, at=AT)
        for one in own
    ]
    env = {"BENCH_BOOTSTRAP": bus.bootstrap, "BENCH_TOPIC": topic, "BENCH_APP": app_id,
           "BENCH_DATADIR": str(place / app_id), "BENCH_PARTITIONS": str(bus.partitions)}  # fmt: skip
    with started(
        "tests.bench.baselines.faust_count", "worker", "--without-web", "-l", "info", env=env, core=SERVER_CORE,
        log=place / f"{app_id}.log",
    ) as child:  # fmt: skip
        wait_until(lambda: b"Worker ready" in child.log.read_bytes(), within_s=60, what=f"{app_id} ready")
        cpu, since = cpu_seconds(child.pid), time.perf_counter()
        bus.write_to(topic, made)
        wait_until(lambda: bus.lag_of(app_id, topic) == 0, within_s=120, what=f"{app_id} caught up", every_s=0.05)
        took, used = time.perf_counter() - since, cpu_seconds(child.pid) - cpu
        return Run(PLAIN_EVENTS / took, used / PLAIN_EVENTS * 1e6, resident_mb(child.pid))


def ours(bus: Bus, place: Path, *, number: int, per_block: int) -> Run:
    """Our worker, all four hops and all its rows; no channel, no Redis."""
    own = Bus(bus.bootstrap, prefix=f"{bus.prefix}w{per_block}-{number}.", app_id=f"{bus.app_id}-w{per_block}-{number}",
              partitions=bus.partitions)  # fmt: skip
    try:
        own.create()
        made = blocks(OUR_EVENTS, per_block=per_block, partitions=own.partitions, mix=MIX, at=AT, seed=number)
        port = free_port()
        env = environment(own, port=port, datadir=place / own.app_id, redis_url="")
        with started(
            "streams",
            "worker",
            env=env,
            core=SERVER_CORE,
            port=port,
            path="/readyz",
            log=place / f"{own.app_id}.log",
            within_s=60,
        ) as child:
            cpu, since = cpu_seconds(child.pid), time.perf_counter()
            own.write("visits", made)
            wait_until(own.settled, within_s=180, what=f"{own.app_id} settled", every_s=0.05)
            took, used = time.perf_counter() - since, cpu_seconds(child.pid) - cpu
            return Run(OUR_EVENTS / took, used / OUR_EVENTS * 1e6, resident_mb(child.pid))
    finally:
        own.close()


def worker(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """Ratios at 10 and 60 events a block."""
    figures: list[Figure] = []
    seen = [
        (
            plain(bus, place, number=number),
            ours(bus, place, number=number, per_block=10),
            ours(bus, place, number=number, per_block=60),
        )
        for number in range(rounds)
    ]
    for per_block, place_in, budget in ((10, 1, ">= 8"), (60, 2, ">= 12")):
        note = {
            "plain_rate": seen[-1][0].rate, "plain_cpu_us": seen[-1][0].cpu_us,
            "ours_rate": seen[-1][place_in].rate, "ours_cpu_us": seen[-1][place_in].cpu_us,
            "resident_mb": seen[-1][place_in].resident_mb, "events_per_block": per_block,
            "events_per_visit": MIX.events_per_visit, "identified_percent": MIX.identified_percent,
        }  # fmt: skip
        figures += [
            figure(
                f"worker_ratio_{per_block}",
                [one[place_in].rate / one[0].rate for one in seen],
                unit="x",
                budget=budget,
                note=note,
            ),
            figure(f"worker_events_{per_block}", [one[place_in].rate for one in seen], unit="events/s", note=note),
            figure(
                f"worker_cpu_ratio_{per_block}",
                [one[0].cpu_us / one[place_in].cpu_us for one in seen],
                unit="x",
                note=note,
            ),
            figure(f"worker_cpu_us_{per_block}", [one[place_in].cpu_us for one in seen], unit="us/event", note=note),
        ]
    return figures
