"""F2: workers and collectors are asked to leave and replaced in turn, while senders post through a balancer."""

from pathlib import Path
from typing import Final

import pytest

from tests.faults.balancer import Balancer
from tests.faults.collectors import Collector
from tests.faults.front import opened
from tests.faults.record import Figure
from tests.integration.brokers import given
from tests.integration.proof import proved
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.apache, pytest.mark.timeout(600)]

KIND: Final = given("apache")


def rolled(siege: Siege, place: Path) -> None:
    """Two of each. Each collector leaves, then each worker; nobody is cut off, nothing is answered with a 5xx."""
    siege.join()
    siege.all_ready()
    with Collector(siege.bus, place, name="one") as one, Collector(siege.bus, place, name="two") as two:
        for collector in (one, two):
            collector.await_ready()
        with (
            Balancer([one.port, two.port]) as balancer,
            opened(siege, [one, two], seconds=40, port=balancer.port) as front,
        ):
            slowest = 0.0
            for number, collector in enumerate((one, two)):
                front.reach(0.1 + 0.2 * number)
                slowest = max(slowest, collector.leave())
                collector.start()
                collector.await_ready()
            for number in range(2):
                front.reach(0.5 + 0.2 * number)
                slowest = max(slowest, siege.leave())
                siege.join()
                siege.all_ready()
            front.finish()
            siege.figures += [
                Figure(name="slowest exit", value=round(slowest, 1), unit="s", most=30),
                Figure(name="5xx and broken", value=front.senders.errors, most=0),
            ]


def test_f02_everything_is_restarted_in_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        proved("f02-rolling", lambda siege: rolled(siege, tmp_path), kind=KIND, place=tmp_path, people=400,
               events=4_000)  # fmt: skip
