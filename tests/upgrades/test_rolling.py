"""F21: workers of two releases at once, joining and leaving in both orders. F19: clients that send everything again."""

from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from tests.integration.brokers import given
from tests.integration.post import encoded
from tests.integration.proof import proved
from tests.integration.siege import Siege
from tests.integration.workers import Worker
from tests.upgrades.former import FORMER

pytestmark = [pytest.mark.slow, pytest.mark.kafka]
KIND: Final = given("embedded")
PEOPLE, EVENTS = 300, 3_000


class FormerWorker(Worker):
    """One of the release before."""

    module = "tests.upgrades.former"


def rolling(siege: Siege) -> None:
    """A former worker; a present one joins it; one is killed and a former one comes back; one leaves for good."""

    def join() -> None:
        siege.join()
        siege.all_ready()
        while not formats() > {FORMER}:  # until both have written rows
            siege.until_under_way()

    def formats() -> set[int]:
        return {row.value[0] for row in siege.bus.read_full(f"{siege.bus.group}-leads-changelog")}

    siege.feed([join, siege.kill, siege.restart])
    siege.settle("two releases")


def test_f21_two_releases_at_once_lose_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        proved("f21", rolling, kind=KIND, place=tmp_path, people=PEOPLE, events=EVENTS,
               workers=(FormerWorker, Worker))  # fmt: skip


def test_f19_what_is_sent_three_times_in_any_order_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything again, twice, in any order, days late, with a restart in between."""

    def storm(siege: Siege) -> None:
        siege.feed([])
        siege.settle("the first time")
        world = siege.world
        for _ in range(2):
            siege.all_ready()
            siege.restart()
            again = [encoded(one) for one in world.unique]
            siege.random.shuffle(again)
            siege.world = replace(world, arrivals=tuple(again), broken=(), late_deals=())
            siege.feed([])
        siege.world = world

    with capsys.disabled():
        proved("f19", storm, kind=KIND, place=tmp_path, people=PEOPLE, events=EVENTS)
