"""What is counted of a worker's run: the time between commits while records still lie before it."""

import os

import pytest

from tests.bench.bodies import Mix, blocks
from tests.bench.steady import Commit, events_before, kept_up
from tests.integration.bus import Timeout

SEEN = [
    Commit(0.0, 0, 5.0), Commit(9.0, 100, 6.0), Commit(10.0, 300, 6.5), Commit(11.0, 500, 7.0), Commit(15.0, 600, 7.2),
]  # fmt: skip


def test_neither_its_start_nor_its_last_wait_counts() -> None:
    run = kept_up(SEEN, events=600, pid=os.getpid(), what="it")
    assert (run.rate, run.cpu_us) == (200.0, 2_500.0)
    assert run.core == pytest.approx(0.5)


def test_two_commits_under_way_say_nothing() -> None:
    with pytest.raises(Timeout, match="2 commits under way"):
        kept_up(SEEN[:3] + SEEN[4:], events=600, pid=os.getpid(), what="it")


def test_offsets_are_told_in_events() -> None:
    made = blocks(300, per_block=10, partitions=2, mix=Mix(), at=1_795_262_400_000)
    before = events_before(made, 2)
    assert sum(of_partition[-1] for of_partition in before.values()) == 300
    assert {number: len(of_partition) - 1 for number, of_partition in before.items()} == {
        number: sum(partition == number for partition, _ in made) for number in (0, 1)
    }
