"""What a coordinator answers about committed offsets, by aiokafka's own asking."""

from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError, NoError
from aiokafka.protocol.commit import OffsetFetchResponse_v3
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from streams.engine.faust.refusals import hear_refusals

TP = TopicPartition("visits", 0)
LOADING, NO_COORDINATOR, FORBIDDEN = 14, 16, 30
KNOWN = OffsetFetchResponse_v3(0, [("visits", [(0, 7, "", NoError.errno)])], NoError.errno)


def refused(code: int) -> OffsetFetchResponse_v3:
    return OffsetFetchResponse_v3(0, [], code)


class Coordinator:
    """The part of aiokafka's that asks, with what Kafka answers."""

    fetch_committed_offsets = GroupCoordinator.fetch_committed_offsets
    _do_fetch_commit_offsets = GroupCoordinator._do_fetch_commit_offsets
    group_id = "workers"
    _retry_backoff_ms = 1

    def __init__(self, *answers: OffsetFetchResponse_v3) -> None:
        self.answers = list(answers)
        self.dead = 0

    async def ensure_coordinator_known(self) -> None:
        """It is."""

    def coordinator_dead(self) -> None:
        self.dead += 1

    async def _send_req(self, _: Any) -> OffsetFetchResponse_v3:
        return self.answers.pop(0)


async def test_one_that_loads_its_offsets_is_asked_again() -> None:
    coordinator = Coordinator(refused(LOADING), refused(LOADING), KNOWN)
    hear_refusals(coordinator)
    assert await coordinator.fetch_committed_offsets([TP]) == {TP: OffsetAndMetadata(7, "")}
    assert not coordinator.dead


async def test_one_that_handed_the_group_on_is_left() -> None:
    coordinator = Coordinator(refused(NO_COORDINATOR), KNOWN)
    hear_refusals(coordinator)
    assert await coordinator.fetch_committed_offsets([TP]) == {TP: OffsetAndMetadata(7, "")}
    assert coordinator.dead == 1


async def test_what_does_not_pass_is_raised() -> None:
    coordinator = Coordinator(refused(FORBIDDEN))
    hear_refusals(coordinator)
    with pytest.raises(GroupAuthorizationFailedError):
        await coordinator.fetch_committed_offsets([TP])


async def test_where_nothing_was_committed_nothing_is_told() -> None:
    coordinator = Coordinator(OffsetFetchResponse_v3(0, [("visits", [(0, -1, "", NoError.errno)])], NoError.errno))
    hear_refusals(coordinator)
    assert await coordinator.fetch_committed_offsets([TP]) == {}


async def test_the_stock_one_hears_nothing_of_it() -> None:
    """An upgrade of aiokafka that hears it makes ours needless."""
    assert await Coordinator(refused(LOADING)).fetch_committed_offsets([TP]) == {}
