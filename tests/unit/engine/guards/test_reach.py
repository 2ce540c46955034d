"""A broker that is gone: said once, in health and in the log, and only where somebody asks it."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.engine.guards.reach import AWAY_S, Reach
from tests.unit.engine.conftest import HandClock


class Member:
    """Reads its partitions, or not."""

    def __init__(self, clock: HandClock) -> None:
        self.asks = True
        self.reach = Reach("kafka-1:9092", asks=lambda: self.asks, clock=clock)

    def look(self) -> list[str]:
        with capture_logs() as said:
            self.reach.look()
        return [one["event"] for one in said]


@pytest.fixture
def member(clock: HandClock) -> Member:
    return Member(clock)


async def answer(_node: Any, _request: Any, **_options: Any) -> str:
    return "an answer"


async def nothing(_node: Any, _request: Any, **_options: Any) -> str:
    raise ConnectionError


async def test_a_silent_broker_is_named_in_health_and_once_in_the_log(member: Member, clock: HandClock) -> None:
    clock.now += AWAY_S
    assert not member.reach.away()
    assert not member.look()
    clock.now += 1
    assert member.reach.away() == "Kafka at kafka-1:9092, silent for 6 s"
    assert member.look() == ["kafka_away"]
    clock.now += 20
    assert not member.look()
    clock.now += 10
    assert member.look() == ["kafka_away"], "twice a minute"
    assert await member.reach.noted(answer)(1, "heartbeat") == "an answer"
    assert not member.reach.away()
    assert member.look() == ["kafka_back"]
    assert not member.look()


async def test_what_cannot_be_sent_is_no_answer(member: Member, clock: HandClock) -> None:
    clock.now += 9
    with pytest.raises(ConnectionError):
        await member.reach.noted(nothing)(1, "heartbeat")
    assert member.reach.silent_s == 9


def test_who_restores_or_waits_for_partitions_asks_nobody(member: Member, clock: HandClock) -> None:
    member.asks = False
    clock.now += 60
    assert member.reach.silent_s == 0
    assert not member.look()
    member.asks = True
    assert not member.reach.away(), "it counts from now"
