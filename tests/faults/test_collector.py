"""Faults of the collector and of Kafka behind it, on real processes. The numbers are those of the fault list.

`LEADSTREAM_FAULTS_LONG=1` gives the sizes of the goals: G5 alone then takes three quarters of an hour.
"""

import os
import secrets
from pathlib import Path
from typing import Final

import pytest

from deploy.local.apache_kafka import start_apache_kafka
from tests.faults import collector_faults as faults
from tests.faults.spooling_collector import small_disk_lacks
from tests.integration.ledger import Ledger

pytestmark = [pytest.mark.faults, pytest.mark.kafka, pytest.mark.timeout(5_400)]

LONG: Final = bool(os.environ.get("LEADSTREAM_FAULTS_LONG"))
SEED: Final = int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))
ANSWERED_MS: Final = 2_000  # G6: with Kafka cut
# Every step of the write path, on both ways: to the spool and back out of it.
TO_THE_SPOOL: Final = (
    "create", "write", "sync names", "write:2", "half a write:2", "sync", "synced", "answer", "answered",
    "half a write:4", "sync:3", "synced:3",
)  # fmt: skip
TO_KAFKA: Final = ("send:9", "acknowledged", "note", "half a note", "remove", "removed")


def clean(ledger: Ledger) -> None:
    assert ledger.clean, ledger.said()


@pytest.mark.short
def test_f03_a_collector_is_killed_under_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        clean(faults.killed(tmp_path, times=2, seed=SEED))


@pytest.mark.short
def test_f09_kafka_is_cut_off_for_some_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is refused, and nobody waits for an answer that does not come."""
    with capsys.disabled():
        ledger, sender = faults.cut_off(tmp_path, seconds=4)
    clean(ledger)
    assert not sender.unclear
    assert not sender.refused


@pytest.mark.short
def test_f13_the_spool_has_no_space(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A disk of 8 MB of its own where it can be had, else as many bytes by its own bound."""
    lacks = small_disk_lacks()
    with capsys.disabled():
        if lacks:
            ledger, missing, dropped = faults.full_disk(tmp_path, disk="", max_bytes=8 << 20)
        else:
            ledger, missing, dropped = faults.full_disk(tmp_path, disk="8m")
    clean(ledger)
    assert missing == dropped > 0


@pytest.mark.slow
def test_f03_twenty_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        clean(faults.killed(tmp_path, times=20, seed=SEED))


@pytest.mark.slow
def test_f09_kafka_is_cut_off_for_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        ledger, sender = faults.cut_off(tmp_path, seconds=600 if LONG else 30)
    clean(ledger)
    assert not sender.unclear
    assert sender.p99_ms() <= ANSWERED_MS


@pytest.mark.slow
@pytest.mark.apache
def test_f07_the_only_broker_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled(), start_apache_kafka(tmp_path / "kafka") as kafka:
        ledger, sender, recovered_s = faults.broker_gone(tmp_path, kafka, away_s=60 if LONG else 15, hung=False)
    clean(ledger)
    assert not sender.unclear
    assert recovered_s <= 60


@pytest.mark.slow
@pytest.mark.apache
def test_f09_the_broker_hangs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled(), start_apache_kafka(tmp_path / "kafka") as kafka:
        ledger, sender, _ = faults.broker_gone(tmp_path, kafka, away_s=60 if LONG else 15, hung=True)
    clean(ledger)
    assert not sender.unclear
    assert sender.p99_ms() <= ANSWERED_MS


@pytest.mark.slow
def test_f15_one_visitor_sends_as_much_as_it_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its deliveries are split by events, so no record comes near the broker's limit. What others feel is printed."""
    with capsys.disabled():
        ledger, longest, status = faults.crowded(tmp_path, seconds=8)
    clean(ledger)
    assert longest <= 70_000
    assert status == 413


@pytest.mark.slow
def test_g05_an_outage_is_spooled_and_drained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """900,000 events in half an hour, drained within a quarter of one; 20,000 at a higher rate otherwise."""
    size = {"events": 900_000, "rate": 500, "batch": 10} if LONG else {"events": 20_000, "rate": 1_500}
    with capsys.disabled():
        ledger, drained_s = faults.outage(tmp_path, **size)
    clean(ledger)
    assert drained_s <= (900 if LONG else 20)


@pytest.mark.slow
@pytest.mark.parametrize("at", [*TO_THE_SPOOL, *TO_KAFKA])
def test_g04_a_kill_at_every_step_of_the_write_path(
    at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        clean(faults.crashed(tmp_path, at=at))
