"""F20: what is due while clocks are stepped, workers are killed and partitions move fires at its time, each once."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.faults.record import Figure, found, recorded
from tests.integration.brokers import broker, given
from tests.integration.bus import Bus, new_bus, wait_until
from tests.integration.ledger import Ledger
from tests.integration.toy_bus import ToyWorker, hit, rows, say, written
from tests.integration.toys import CODEC

KIND: Final = given("embedded")
SLEEPERS: Final = 400
SOON_MS: Final = 10_000
SPREAD_MS: Final = 40_000
STEPS_MS: Final = (300_000, -300_000, 86_400_000, -86_400_000)

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture
def bus() -> Iterator[Bus]:
    with broker(KIND) as bootstrap, new_bus(bootstrap, "clock") as one:
        yield one


def first_woken(bus: Bus) -> dict[str, int]:
    """When each row was first written as one that had been woken, by the true time of its writer."""
    found: dict[str, int] = {}
    for record in written(bus):
        if CODEC.decode(record.value).woken:
            found.setdefault(record.key.decode(), record.timestamp)
    return found


@recorded("f20-clock", broker=KIND)
def test_f20_each_due_time_fires_once_and_none_too_early(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall clock is right whenever a worker starts, and wrong all the time between."""
    seed = int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))
    chance = Random(seed)
    step = tmp_path / "step"
    step.write_text("0")
    monkeypatch.setenv("TOY_STEP", str(step))
    with ExitStack() as stack:

        def joined(name: str) -> ToyWorker:
            step.write_text("0")
            worker = stack.enter_context(ToyWorker(bus, tmp_path, name=name))
            wait_until(worker.ready, within_s=120, what=worker.tail())
            return worker

        workers = [joined("first"), joined("second")]
        begin = int(time.time() * 1000) + SOON_MS
        dues = {f"k{number}": begin + chance.randrange(SPREAD_MS) for number in range(SLEEPERS)}
        say(bus, [hit(key, "w", kind="wake", at=at) for key, at in dues.items()])
        for life, wrong in enumerate(STEPS_MS):
            step.write_text(str(wrong))
            wait_until(lambda due=begin + (life + 1) * SPREAD_MS // 5: time.time() * 1000 >= due, within_s=120,
                       what="some are due")  # fmt: skip
            victim = workers.pop(chance.randrange(2))
            victim.kill()
            workers.append(joined(f"life-{life}"))
        wait_until(lambda: all(row.woken for row in rows(bus).values()), within_s=120, what=workers[0].tail())
        wait_until(lambda: bus.lag(["touches"]) == 0, within_s=60, what=workers[0].tail())
    held, woken_at = rows(bus), first_woken(bus)
    ledger = Ledger(accepted=SLEEPERS, seed=seed)
    for key, due in dues.items():
        if held[key].woken != (due,):
            ledger.note("lost" if due not in held[key].woken else "double", f"{key} {held[key].woken} for {due}")
        if woken_at[key] < due:
            ledger.note("inversions", f"{key} was woken {due - woken_at[key]} ms early")
    late_ms = sorted(woken_at[key] - due for key, due in dues.items())
    found(ledger, Figure(name="late p50", value=late_ms[SLEEPERS // 2], unit=" ms"),
          Figure(name="late at most", value=late_ms[-1], unit=" ms"))  # fmt: skip
    assert ledger.clean, ledger.said()
