"""What a worker that lost its partitions had on its way, and a clock that is stepped: on real workers, quickly."""

import time
from pathlib import Path

import pytest
from kafka import KafkaProducer

from schemas.topics import partition_of
from tests.integration.bus import Bus, wait_until
from tests.integration.toy_bus import ToyWorker, changelog, hit, rows, say
from tests.integration.toys import CODEC

pytestmark = pytest.mark.slow


def test_an_older_row_that_arrives_while_its_owner_lives_is_written_over_by_it(bus: Bus, place: Path) -> None:
    """No restart is needed: the newer row is last again before compaction could take it."""
    with ToyWorker(bus, place) as owner:
        owner.await_ready()
        for name in ("a", "b"):
            say(bus, [hit("zoe", name)])
            wait_until(lambda: bus.lag(["touches"]) == 0, within_s=60, what=owner.tail())
        oldest = changelog(bus)[0][2]
        producer = KafkaProducer(bootstrap_servers=bus.bootstrap)
        producer.send(f"{bus.app_id}-leads-changelog", key=b"zoe", value=CODEC.encode(oldest),
                      partition=partition_of("zoe", bus.partitions)).get(60)  # fmt: skip
        producer.close(5)
        wait_until(lambda: changelog(bus)[-1][2].seen.keys() == {"a", "b"}, within_s=40, what=owner.tail())
        assert owner.metric("leadstream_strange_records_total") == 1
        assert owner.metric("leadstream_rows_restored_over_total") == 1


@pytest.mark.parametrize("step_ms", [-86_400_000, 300_000])
def test_a_stepped_clock_neither_delays_nor_hurries_what_is_due(
    bus: Bus, place: Path, monkeypatch: pytest.MonkeyPatch, step_ms: int
) -> None:
    """The wall clock is stepped before the due time and back after it: the row is woken once, at its time."""
    step = place / "step"
    step.write_text("0")
    monkeypatch.setenv("TOY_STEP", str(step))
    with ToyWorker(bus, place) as worker:
        worker.await_ready()
        due = int(time.time() * 1000) + 4_000
        say(bus, [hit("sleeper", "w", kind="wake", at=due), hit("tomorrow", "w", kind="wake", at=due + 200_000)])
        wait_until(lambda: bus.lag(["touches"]) == 0, within_s=60, what=worker.tail())
        step.write_text(str(step_ms))
        wait_until(lambda: rows(bus)["sleeper"].woken == (due,), within_s=40, what="woken")
        assert time.time() * 1000 >= due
        step.write_text("0")
        assert worker.metric("leadstream_ticks_total") == 1
        assert rows(bus)["tomorrow"].woken == ()
