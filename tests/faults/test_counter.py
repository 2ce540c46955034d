"""The public case: so many events, one counter, `kill -9`; and how many distinct ones were applied.

Exactly-once of Faust was reported to count 299,356 of 300,000 (robinhood/faust#340). Our rows keep what they counted,
so an event that comes again changes nothing; no transaction and no window of remembered ids is needed.
"""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.faults.record import Figure, run_of
from tests.integration.brokers import BrokerKind, broker, given, needed
from tests.integration.bus import Bus, wait_until
from tests.integration.ledger import Ledger
from tests.integration.proof import seed as new_seed
from tests.integration.toy_bus import ToyWorker, hit, rows, say

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(7_200)]

EACH: Final = 30  # events of one key
TOGETHER: Final = 10  # of them in one block


def counted(bus: Bus, place: Path, *, events: int, seed: int, kills: int) -> Ledger:
    """Write them all, kill the worker so many times at random points of the way, count."""
    random = Random(seed)
    keys = [f"k{number}" for number in range(events // EACH)]
    for start in range(0, EACH, TOGETHER):
        random.shuffle(keys)
        for some in range(0, len(keys), 1_000):
            say(bus, [hit(key, f"{key}-{start + number}") for key in keys[some : some + 1_000]
                      for number in range(TOGETHER)], block=100)  # fmt: skip
    whole = bus.lag(["touches"])
    for life, share in enumerate(sorted((random.uniform(0.05, 0.9) for _ in range(kills)), reverse=True)):
        with ToyWorker(bus, place, name=f"run{seed}-{life}") as worker:
            wait_until(lambda until=share, own=worker: own.ready() and bus.lag(["touches"]) <= until * whole,
                       within_s=300, what=f"{share:.0%} left", every_s=0.02)  # fmt: skip
    with ToyWorker(bus, place, name=f"run{seed}-last") as worker:
        worker.await_ready()
        wait_until(lambda: bus.lag(["touches"]) == 0, within_s=300, what=worker.tail())
    return judged(bus, events=events, seed=seed)


def judged(bus: Bus, *, events: int, seed: int) -> Ledger:
    """Distinct events applied, and whether a row has one that is not its own."""
    ledger = Ledger(accepted=events, seed=seed)
    held = rows(bus)
    applied = Counter(key for key, row in held.items() for name in row.seen if name.startswith(f"{key}-"))
    lost = events - applied.total()
    if lost:
        ledger.note("lost", f"{applied.total()} of {events} distinct events were applied", lost)
    strange = sum(len(row.seen) for row in held.values()) - applied.total()
    if strange:
        ledger.note("phantom", f"{strange} events in rows that are not theirs", strange)
    return ledger


def counts(name: str, *, kind: BrokerKind, place: Path, events: int, runs: int, kills: int) -> None:
    """So many runs, each must give exactly the number."""
    needed(kind)
    first = new_seed()
    with run_of(name, broker=kind, seed=first) as result:
        exact = 0
        for number in range(runs):
            with broker(kind) as bootstrap:
                bus = Bus(bootstrap, prefix="count.", app_id="count")
                try:
                    bus.create()
                    ledger = counted(bus, place, events=events, seed=first + number, kills=kills)
                finally:
                    bus.close()
            exact += ledger.clean
            result.accepted += ledger.accepted
            result.lost += ledger.lost
            result.phantom += ledger.phantom
            result.figures = [Figure(name=f"runs of {runs} exact", value=exact, least=runs)]
        assert exact == runs, ledger.said()


@pytest.mark.short
@pytest.mark.kafka
def test_30_000_events_are_counted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        counts("f01-counter-30000", kind=given("embedded"), place=tmp_path, events=30_000, runs=1, kills=2)


@pytest.mark.apache
def test_300_000_events_are_counted_once_20_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        counts("f01-counter-300000", kind=given("apache"), place=tmp_path, events=300_000, runs=20, kills=3)
