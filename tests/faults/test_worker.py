"""Faults of workers and of what stands beside them, on a small world. The numbers are those of the fault list."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from kafka import TopicPartition

from tests.faults.record import Figure
from tests.faults.slow_broker import slow_broker
from tests.integration.brokers import given
from tests.integration.proof import proved
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(1_200)]

KIND: Final = given("embedded")
REAL: Final = given("apache")
PEOPLE, EVENTS = 400, 4_000
KILLS = 50


def killed_once(siege: Siege) -> None:
    """F1, once."""
    siege.feed([siege.kill])


def killed_at_once(siege: Siege) -> None:
    """F1: kill after kill, the next one as soon as the last one's place is taken."""
    siege.feed([siege.kill] * 4)


def killed_again_and_again(siege: Siege) -> None:
    """F1 in full: two workers, one of which is killed fifty times."""
    siege.join()
    slowest = 0.0

    def kill() -> None:
        nonlocal slowest
        waiting = siege.bus.ends(["visits"])
        siege.kill()
        slowest = max(slowest, siege.until(lambda: worked_off(siege, waiting), within_s=180, what="it goes on"))

    siege.feed([kill] * KILLS)
    siege.figures.append(Figure(name="slowest recovery", value=round(slowest, 1), unit="s", most=30))


def worked_off(siege: Siege, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether all that waited then is committed."""
    done = siege.bus.committed(["visits"])
    return all(done[top] >= end for top, end in ends.items())


def woken_too_late(siege: Siege) -> None:
    """F4: frozen past its session while another goes on, then woken."""
    siege.feed([siege.freeze, siege.thaw])


def test_f11_slow_acknowledgements_are_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is written arrives up to half a second late, commits at once: one that does not wait loses at each kill."""
    with capsys.disabled(), slow_broker(longest_s=0.5, seed=1) as bootstrap:
        proved(
            "f11-slow", lambda siege: siege.feed([siege.kill] * 3), kind=KIND, place=tmp_path, people=PEOPLE,
            events=EVENTS, bootstrap=bootstrap, called="embedded",
        )  # fmt: skip


@pytest.mark.short
def test_f01_a_worker_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        proved("f01-kill-once", killed_once, kind=KIND, place=tmp_path, people=300, events=2_500)


@pytest.mark.apache
def test_f01_fifty_workers_are_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        siege = proved("f01-fifty-kills", killed_again_and_again, kind=REAL, place=tmp_path, events=150_000)
    assert len(siege.uncommitted) == KILLS


@pytest.mark.parametrize(
    ("fault", "happens"),
    [pytest.param("f01-kill", killed_at_once, id="f01"), pytest.param("f04-zombie", woken_too_late, id="f04")],
)
def test_nothing_is_lost_or_doubled(
    fault: str, happens: Callable[[Siege], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        proved(fault, happens, kind=KIND, place=tmp_path, people=PEOPLE, events=EVENTS)
