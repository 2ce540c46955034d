"""F23: far more load than usual, and a collector that may open few files and sockets."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from deploy.local.ports import HOST
from tests.faults.collectors import Collector
from tests.faults.front import opened
from tests.faults.record import Figure
from tests.integration.brokers import given
from tests.integration.proof import proved
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.apache, pytest.mark.timeout(900)]

KIND: Final = given("apache")
DESCRIPTORS = 128
CROWD = 300  # sockets that connect and say nothing: more than there are descriptors
CROWDED_S = 8.0


@contextmanager
def crowd(port: int, size: int) -> Iterator[None]:
    """So many connections that say nothing."""
    with ExitStack() as stack:
        for _ in range(size):
            with suppress(OSError):
                stack.enter_context(socket.create_connection((HOST, port), timeout=2))
        yield


def overrun(siege: Siege, place: Path) -> None:
    """The world at ten times its pace, and in the middle of it a crowd that takes every descriptor."""
    siege.join()
    siege.all_ready()
    with Collector(siege.bus, place, descriptors=DESCRIPTORS) as collector:
        collector.await_ready()
        with opened(siege, [collector], seconds=15) as front:
            front.reach(0.3)
            with crowd(collector.port, CROWD):
                front.rest(CROWDED_S)
            front.finish(least_percent=99.9)
            behind_since = time.monotonic()
            siege.settle("visits")
            assert collector.code is None, collector.tail()
        siege.figures.append(
            Figure(name="lag gone after", value=round(time.monotonic() - behind_since, 1), unit="s", most=600)
        )


def test_f23_ten_times_the_load_with_few_descriptors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        proved("f23-spike", lambda siege: overrun(siege, tmp_path), kind=KIND, place=tmp_path, people=600,
               events=6_000)  # fmt: skip
