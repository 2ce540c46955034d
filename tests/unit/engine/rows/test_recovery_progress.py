"""What restoring says of itself while it goes on."""

from aiokafka import TopicPartition

from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.metrics import Metrics
from tests.unit.engine.conftest import HandClock

FEW, MANY = TopicPartition("changelog", 0), TopicPartition("changelog", 1)


def gauge(metrics: Metrics, name: str) -> float:
    samples = [one for family in metrics.families() for one in family.samples]
    (value,) = (one.value for one in samples if one.name == f"leadstream_{name}")
    return float(value)


def test_half_way() -> None:
    clock, metrics = HandClock(), Metrics()
    progress = RecoveryProgress(metrics, clock=clock)
    progress.begin()
    progress.expect(FEW, 100)
    progress.expect(MANY, 900)
    progress.took(MANY, 500)
    clock.now += 5
    progress.say()
    assert (progress.percent, progress.remaining, progress.per_s, progress.left_s) == (50, 500, 100, 5)
    assert progress.said() == "50 % of 1000 records, 100/s, 5 s left"
    assert gauge(metrics, "recovery_ratio") == 0.5
    assert gauge(metrics, "recovery_remaining_records") == 500
    assert gauge(metrics, "recovery_records_per_second") == 100


def test_it_is_whole_only_when_nothing_is_left() -> None:
    clock, metrics = HandClock(), Metrics()
    progress = RecoveryProgress(metrics, clock=clock)
    progress.begin()
    progress.expect(MANY, 1_000_000)
    progress.took(MANY, 999_999)
    assert progress.percent == 99
    progress.expect(MANY, 0)
    clock.now += 7
    progress.end()
    assert (progress.percent, progress.running) == (100, False)
    assert gauge(metrics, "recovery_seconds") == 7
    assert gauge(metrics, "recovery_records_per_second") == 0
