"""`worker_ratio_10`, `worker_ratio_60`: our whole pipeline with durable rows against a plain Faust Table count.

`worker_quix_ratio`: blocks of 60 against Quix Streams' stateful count of single events, changelog on.

All records are written before a worker starts, and its rate is that between commits while records still lie before it
(`steady.py`). A run of ours counts when all inboxes are committed to their ends in the end: every row and every effect
of every hop is acknowledged then.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from msgspec.json import encode

from deploy.local.ports import free_ports
from schemas.topics import partition_of
from tests.bench.bodies import Mix, blocks, visits
from tests.bench.harness import Figure, figure
from tests.bench.quix import quix
from tests.bench.runs import Run
from tests.bench.served import SERVER_CORE, started
from tests.bench.steady import done_by, events_before, steady
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import environment

__all__ = ["worker"]

MIX = Mix(visitors=80_000, companies=2_000)  # as often again, and as many people of a company, as in 60,000 of Mix()
PLAIN_EVENTS = 30_000
QUIX_EVENTS = 200_000
OUR_EVENTS = 240_000
AT = 1_795_262_400_000
SHIPPED = {"LEADSTREAM_WORKER__STORE_EVERY_S": "10"}  # tests save their rows every second


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
    bus.write_to(topic, made)
    with started(
        "tests.bench.baselines.faust_count", "worker", "--without-web", "-l", "info", env=env, core=SERVER_CORE,
        log=place / f"{app_id}.log",
    ) as child:  # fmt: skip
        return steady(child.pid, done_by(bus, app_id, topic), events=PLAIN_EVENTS, within_s=180, what=app_id)


def ours(bus: Bus, place: Path, *, number: int, per_block: int) -> Run:
    """Our worker, all four hops and all its rows; no channel, no Redis."""
    own = Bus(bus.bootstrap, prefix=f"{bus.prefix}w{per_block}-{number}.", app_id=f"{bus.app_id}-w{per_block}-{number}",
              partitions=bus.partitions)  # fmt: skip
    try:
        own.create()
        made = blocks(OUR_EVENTS, per_block=per_block, partitions=own.partitions, mix=MIX, at=AT, seed=number)
        own.write("visits", made)
        (port,) = free_ports(1)
        env = environment(own, port=port, datadir=place / own.app_id, redis_url="") | SHIPPED
        done = done_by(own, own.group, own.full("visits"), before=events_before(made, own.partitions))
        with started("streams", "worker", env=env, core=SERVER_CORE, port=port, path="/readyz",
                     log=place / f"{own.app_id}.log", within_s=60) as child:  # fmt: skip
            run = steady(child.pid, done, events=OUR_EVENTS, within_s=180, what=own.app_id)
            wait_until(own.settled, within_s=60, what=f"{own.app_id} settled", every_s=0.05)
            return run
    finally:
        own.close()


class Compared(NamedTuple):
    """One round: the baselines and ours, by turns."""

    plain: Run
    ours_10: Run
    quix: Run
    ours_60: Run


def _round(bus: Bus, place: Path, number: int) -> Compared:
    return Compared(
        plain(bus, place, number=number),
        ours(bus, place, number=number, per_block=10),
        quix(bus, place, number=number, events=QUIX_EVENTS, mix=MIX, at=AT),
        ours(bus, place, number=number, per_block=60),
    )


def worker(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """Ratios at 10 and 60 events a block, by the wall and by CPU time."""
    seen = [_round(bus, place, number) for number in range(rounds)]
    of_10 = [(one.plain, one.ours_10) for one in seen]
    of_60 = [(one.plain, one.ours_60) for one in seen]
    return [
        *_figures("10", of_10, budget=">= 8", per_block=10),
        *_figures("60", of_60, budget=">= 12", per_block=60),
        *_against_quix([(one.quix, one.ours_60) for one in seen]),
    ]


def _figures(name: str, seen: Sequence[tuple[Run, Run]], *, budget: str, per_block: int) -> list[Figure]:
    base, own = seen[-1]
    note = _note(base, own, whose="plain") | {"events_per_block": per_block}
    return [
        figure(f"worker_ratio_{name}", _rates(seen), unit="x", budget=budget, note=note),
        figure(f"worker_events_{name}", [our.rate for _, our in seen], unit="events/s", note=note),
        figure(f"worker_cpu_ratio_{name}", _cpus(seen), unit="x", note=note),
        figure(f"worker_cpu_us_{name}", [our.cpu_us for _, our in seen], unit="us/event", note=note),
    ]


def _against_quix(seen: Sequence[tuple[Run, Run]]) -> list[Figure]:
    note = _note(*seen[-1], whose="quix") | {"events_per_block": 60}
    return [
        figure("worker_quix_ratio", _rates(seen), unit="x", budget=">= 1", note=note),
        figure("worker_quix_cpu_ratio", _cpus(seen), unit="x", note=note),
    ]


def _rates(seen: Sequence[tuple[Run, Run]]) -> list[float]:
    return [our.rate / base.rate for base, our in seen]


def _cpus(seen: Sequence[tuple[Run, Run]]) -> list[float]:
    return [base.cpu_us / our.cpu_us for base, our in seen]


def _note(base: Run, own: Run, *, whose: str) -> dict[str, str | int | float]:
    return {
        f"{whose}_rate": base.rate, f"{whose}_cpu_us": base.cpu_us, f"{whose}_core": base.core,
        "ours_rate": own.rate, "ours_cpu_us": own.cpu_us, "ours_core": own.core,
        "resident_mb": own.resident_mb, "events_per_visit": MIX.events_per_visit,
        "identified_percent": MIX.identified_percent,
    }  # fmt: skip
