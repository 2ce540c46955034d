"""F5: workers join and leave every few seconds under load. The rest goes on, and what was said is said once."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Final

import pytest
from msgspec import Struct

from tests.faults.record import Figure, found, recorded
from tests.integration.brokers import broker, given, needed
from tests.integration.bus import Bus, wait_until
from tests.integration.ledger import Ledger
from tests.integration.toy_bus import ToyWorker, hit, rows, say

KIND: Final = given("apache")
KEYS: Final = 20_000
BLOCK: Final = 10
AHEAD: Final = 4_000  # blocks that wait: the workers never run dry, and little is left to do afterwards
AT_ONCE: Final = 10_000  # messages
STEADY_S: Final = 15.0
STORM_S: Final = 60.0
READY_S: Final = 150.0

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(600)]


class Pace(Struct):
    """Records worked off between two looks at what is committed, per second."""

    bus: Bus
    done: int = 0
    at: float = 0.0

    def look(self) -> float:
        """Since the last look."""
        done, at = sum(self.bus.committed(["touches"]).values()), time.monotonic()
        rate = (done - self.done) / (at - self.at)
        self.done, self.at = done, at
        return rate


class Feed(Thread):
    """Writes messages as fast as they are worked off, until it is told to stop; `said` counts them."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(daemon=True)
        self.said = 0
        self.over = Event()
        self._servers = bootstrap

    def run(self) -> None:
        """On connections of its own."""
        with closing(_bus(self._servers)) as bus:
            while not self.over.wait(0.05):
                if bus.lag(["touches"]) < AHEAD:
                    numbers = range(self.said, self.said + AT_ONCE)
                    say(bus, [hit(f"k{number % KEYS}", f"m{number}") for number in numbers], block=BLOCK)
                    self.said += AT_ONCE

    def stop(self) -> None:
        """What is being written is written."""
        self.over.set()
        if self.is_alive():
            self.join(60)


def _bus(bootstrap: str) -> Bus:
    return Bus(bootstrap, prefix="s.", app_id="storm", partitions=8)


@pytest.fixture
def bus() -> Iterator[Bus]:
    needed(KIND)
    with broker(KIND) as bootstrap, closing(_bus(bootstrap)) as one:
        one.create()
        yield one


def leave(worker: ToyWorker) -> None:
    worker.child.send_signal(signal.SIGTERM)
    assert worker.await_end(60) == 0, worker.tail()


@recorded("f05-storm", broker=KIND)
def test_f05_half_of_the_rate_goes_on_while_workers_join_and_leave(bus: Bus, tmp_path: Path) -> None:
    """Two stay; a third joins and leaves again and again, every five to ten seconds."""
    seed = int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))
    chance = Random(seed)
    feed = Feed(bus.bootstrap)
    with ExitStack() as stack:
        stack.callback(feed.stop)
        stay = [stack.enter_context(ToyWorker(bus, tmp_path, name=f"stays{number}")) for number in range(2)]
        for one in stay:
            one.await_ready()
        feed.start()
        wait_until(lambda: bus.lag(["touches"]) > 0, within_s=30, what="the feed")
        pace = Pace(bus)
        pace.look()
        time.sleep(STEADY_S)  # this and the storm are what is measured
        steady = pace.look()
        until, joins = time.monotonic() + STORM_S, 0
        while time.monotonic() < until:
            with ToyWorker(bus, tmp_path, name=f"guest{joins}") as guest:
                wait_until(guest.ready, within_s=READY_S, what=f"a guest is ready\n{guest.tail()}")
                time.sleep(chance.uniform(2, 7))
                leave(guest)
            joins += 1
        storm = pace.look()
        assert bus.lag(["touches"]) > 0, "the workers ran dry: the rate was the feed's, not theirs"
        feed.stop()
        wait_until(lambda: bus.lag(["touches"]) == 0, within_s=200, what=stay[0].tail())
        assert all(one.child.poll() is None for one in stay), "a worker that stays ended"
        rebalances = stay[0].metric("leadstream_rebalances_total")
    held = rows(bus)
    ledger = Ledger(accepted=feed.said, seed=seed)
    ledger.lost = feed.said - sum(len(row.seen) for row in held.values())
    found(
        ledger, Figure(name="joins", value=joins), Figure(name="rebalances", value=rebalances),
        Figure(name="steady", value=round(steady), unit="/s"), Figure(name="storm", value=round(storm), unit="/s"),
        Figure(name="share", value=round(storm / steady, 2), least=0.5),
    )  # fmt: skip
    assert ledger.lost == 0
    assert storm >= steady / 2
