"""Faults of the network: a worker cut off, a slow line. Workers come to their broker by a proxy."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from tests.bench.machine import resident_mb
from tests.faults.cluster import Cluster, cluster
from tests.faults.collectors import Collector
from tests.faults.front import opened
from tests.faults.proxy import PASS, Mode
from tests.faults.record import Figure
from tests.integration.brokers import given, needed, nodes_of
from tests.integration.proof import proved
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.apache, pytest.mark.timeout(1500)]

KIND: Final = given("apache")
CAP_MB = 400.0  # what one worker may hold with a world of a few thousand events


@contextmanager
def weighed(siege: Siege) -> Iterator[list[float]]:
    """The most that any worker held, in MiB, sampled five times a second."""
    most, over = [0.0], Event()

    def look() -> None:
        while not over.wait(0.2):
            for worker in list(siege.workers):
                if worker.code is None:
                    most[0] = max(most[0], resident_mb(worker.pid))

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def behind(
    fault: str, happens: Callable[[Siege, Cluster], None], *, place: Path, people: int = 400, events: int = 4_000
) -> None:
    """The proof; `happens` feeds, and lets workers join by the proxy."""
    needed(KIND)
    with cluster(nodes=nodes_of(KIND)) as brokers:
        proved(fault, lambda siege: happens(siege, brokers), kind=KIND, place=place, people=people, events=events,
               bootstrap=brokers.direct)  # fmt: skip


def cut_off(siege: Siege, brokers: Cluster, *, place: Path, for_s: float) -> None:
    """One of two workers hears nothing more; it comes back when the cut heals."""
    siege.supervised = True
    siege.join(brokers.proxied).await_ready()
    siege.all_ready()
    with Collector(siege.bus, place) as collector:
        collector.await_ready()
        with opened(siege, [collector], seconds=for_s + 20) as front:
            front.reach(0.2)
            brokers.turn(Mode(kind="blackhole"))
            took = front.recovered(time.monotonic())
            front.rest(for_s)
            brokers.turn(PASS)
            healed_at = time.monotonic()
            front.wait(lambda: together_again(siege), "the one that was cut off works again", within_s=180)
            siege.figures += [
                Figure(name="the other goes on", value=round(took, 1), unit="s", most=30),
                Figure(name="back after the cut", value=round(time.monotonic() - healed_at, 1), unit="s", most=60),
            ]
            front.finish()


def together_again(siege: Siege) -> bool:
    """Whether all workers are members of the group, none waits for another, and each reads its partitions."""
    return siege.bus.members() == len(siege.workers) and all(worker.ready() for worker in siege.workers)


def slowed(siege: Siege, brokers: Cluster, *, delay_s: float) -> None:
    """The only worker's line has so much delay each way, and 64 KB a second for each connection."""
    siege.supervised = True
    siege.leave()
    siege.join(brokers.proxied).await_ready()
    brokers.turn(Mode(delay_s=delay_s, bytes_per_s=64_000))
    with weighed(siege) as most:
        siege.feed([])
        siege.settle("visits on a slow line")
    brokers.turn(PASS)
    siege.figures.append(Figure(name="memory", value=round(most[0]), unit="MB", most=CAP_MB))


def test_f10_a_worker_is_cut_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        behind("f10-cut", lambda siege, brokers: cut_off(siege, brokers, place=tmp_path, for_s=120), place=tmp_path)


@pytest.mark.parametrize("delay_ms", [200, 1_000])
def test_f11_a_slow_line(delay_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each way: a request and its answer take twice as long."""
    with capsys.disabled():
        behind(f"f11-line-{2 * delay_ms}", lambda siege, brokers: slowed(siege, brokers, delay_s=delay_ms / 1000),
               place=tmp_path, people=300, events=2_500)  # fmt: skip
