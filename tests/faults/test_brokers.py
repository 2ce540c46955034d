"""Faults of brokers: killed, too few of them, out of disk. The world comes in over HTTP.

Answers that are not 200 are unknown, and are sent again; so the whole world must be there in the end, once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.faults.cluster import PATIENCE_S, Cluster, cluster
from tests.faults.collectors import Collector
from tests.faults.front import Front, opened
from tests.faults.record import Figure
from tests.integration.brokers import needed
from tests.integration.proof import proved
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.apache, pytest.mark.timeout(1500)]

DOWN_S = 23.0  # as Kafka's own tests leave a broker that was killed: longer than its session


@contextmanager
def entered(siege: Siege, place: Path, *, seconds: float) -> Iterator[Front]:
    """One collector, workers that a supervisor starts again, and a world on its way."""
    siege.supervised = True
    with Collector(siege.bus, place) as collector:
        collector.await_ready()
        with opened(siege, [collector], seconds=seconds) as front:
            yield front
        assert collector.code is None, f"the collector ended by itself\n{collector.tail()}"


def besieged(
    fault: str, happens: Callable[[Front, Cluster], None], *, place: Path, nodes: int, seconds: float,
    people: int = 400, events: int = 4_000, disk_mb: int = 0,
) -> None:  # fmt: skip
    """The proof on a cluster of so many nodes: the world takes about `seconds` to come in."""
    needed("apache")
    with cluster(nodes=nodes, disk_mb=disk_mb) as brokers:

        def happening(siege: Siege) -> None:
            siege.join().await_ready()
            with entered(siege, place, seconds=seconds) as front:
                happens(front, brokers)
                front.finish(least_percent=99.0 if fault.startswith("f06") else None)

        called = "apache" if nodes == 1 else f"{nodes} x apache"
        proved(fault, happening, kind="apache", place=place, people=people, events=events,
               bootstrap=brokers.direct, called=called)  # fmt: skip


def bounced(front: Front, brokers: Cluster, *, times: int, down_s: float) -> None:
    """A broker (leader of a third of everything, coordinator, perhaps the controller) is killed, and comes back."""
    random = Random(front.siege.world.seed)
    slowest = 0.0
    for number in range(times):
        front.reach((number + 0.5) / (times + 1))
        victim = random.choice(brokers.numbers)
        front.siege.story.append(f"broker {victim} killed at {front.senders.share:.0%}")
        killed_at = time.monotonic()
        brokers.kafka.kill(victim)
        slowest = max(slowest, front.recovered(killed_at))
        front.rest(max(0.0, down_s - (time.monotonic() - killed_at)))
        brokers.kafka.start(victim)
        brokers.kafka.await_ready(deadline_s=PATIENCE_S)
    front.siege.figures.append(Figure(name="slowest recovery", value=round(slowest, 1), unit="s"))


def killed_alone(front: Front, brokers: Cluster) -> None:
    """The only broker goes without a word and comes back."""
    front.reach(0.3)
    brokers.kafka.kill(1)
    front.rest(3)
    started_at = time.monotonic()
    brokers.kafka.start(1)
    took = front.recovered(started_at)
    front.siege.figures.append(Figure(name="recovery", value=round(took, 1), unit="s", most=60))


def outnumbered(front: Front, brokers: Cluster, *, down_s: float) -> None:
    """Two of three are gone: what is left may acknowledge nothing."""
    front.reach(0.3)
    victims = Random(front.siege.world.seed).sample(brokers.numbers, 2)
    for victim in victims:
        brokers.kafka.kill(victim)
    front.rest(down_s)
    started_at = time.monotonic()
    for victim in victims:
        brokers.kafka.start(victim)
    took = front.recovered(started_at)
    front.siege.figures.append(Figure(name="recovery", value=round(took, 1), unit="s"))


def filled_up(front: Front, brokers: Cluster) -> None:
    """No space is left: Kafka halts. Then there is space again, and it is started again."""
    front.reach(0.3)
    brokers.disk.fill(leave=200_000)
    brokers.await_end(1, within_s=300)
    front.rest(3)
    brokers.disk.relieve()
    started_at = time.monotonic()
    brokers.kafka.start(1)
    took = front.recovered(started_at)
    front.siege.figures.append(Figure(name="recovery", value=round(took, 1), unit="s"))


@pytest.mark.short
def test_f06_a_leader_bounces_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        besieged("f06-bounce-once", partial(bounced, times=1, down_s=0), place=tmp_path, nodes=3, seconds=15,
                 people=300, events=2_500)  # fmt: skip


def test_f06_leaders_bounce_five_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        besieged("f06-bounce", partial(bounced, times=5, down_s=DOWN_S), place=tmp_path, nodes=3, seconds=240,
                 people=1_000, events=10_000)  # fmt: skip


@pytest.mark.short
def test_f07_the_only_broker_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        besieged("f07-broker", killed_alone, place=tmp_path, nodes=1, seconds=10, people=300, events=2_500)


def test_f08_two_of_three_brokers_are_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        besieged("f08-two-of-three", partial(outnumbered, down_s=300), place=tmp_path, nodes=3, seconds=90)


def test_f12_the_disk_of_the_broker_is_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        besieged("f12-disk", filled_up, place=tmp_path, nodes=1, seconds=30, disk_mb=64)
