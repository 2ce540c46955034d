"""Until when nobody else can have our partitions, and what happens to records after that."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from streams.engine.guards.lease import Lease, answered, guarded, heard
from tests.unit.engine.conftest import Died, HandClock, raising

SESSION_S, REBALANCE_S = 15.0, 30.0


@pytest.fixture
def lease(clock: HandClock) -> Lease:
    return Lease(session_s=SESSION_S, rebalance_s=REBALANCE_S, clock=clock, die=raising)


async def passes(lease: Lease) -> bool:
    try:
        async with asyncio.timeout(0.12):
            await lease.held()
    except TimeoutError:
        return False
    return True


async def test_before_it_joined_a_worker_owns_nothing_and_may_send(lease: Lease) -> None:
    assert await passes(lease)


async def test_it_lasts_from_the_question_and_not_from_the_answer(lease: Lease, clock: HandClock) -> None:
    asked_at = clock.now
    clock.now += 10
    lease.hear("member", asked_at)
    assert lease.left_s == 5
    assert await passes(lease)
    clock.now += 5
    assert not await passes(lease)


async def test_records_wait_while_nobody_answers_and_leave_when_the_group_still_knows_us(
    lease: Lease, clock: HandClock
) -> None:
    """Kafka was away for all."""
    lease.hear("member", clock.now)
    clock.now += 100
    lease.hear("nothing", clock.now)
    waiting = asyncio.ensure_future(lease.held())
    await asyncio.sleep(0.12)
    assert not waiting.done()
    lease.hear("member", clock.now)
    await asyncio.wait_for(waiting, 20)


async def test_records_of_a_worker_that_was_thrown_out_never_leave(lease: Lease, clock: HandClock) -> None:
    lease.hear("member", clock.now)
    lease.hear("stranger", clock.now + 1)
    with pytest.raises(Died, match="gave our partitions away"):
        await lease.held()


async def test_one_that_was_thrown_out_with_nothing_to_send_joins_again(lease: Lease, clock: HandClock) -> None:
    lease.hear("stranger", clock.now)
    clock.now += 20
    lease.hear("member", clock.now)
    assert await passes(lease)


async def test_in_a_rebalance_the_group_waits_no_longer_than_its_timeout(lease: Lease, clock: HandClock) -> None:
    """Heartbeats are answered all the while; whoever does not rejoin is thrown out nevertheless."""
    lease.hear("member", clock.now)
    for _ in range(9):
        clock.now += 3
        lease.hear("rebalancing", clock.now)
        assert await passes(lease)
    clock.now += 3
    lease.hear("rebalancing", clock.now)
    assert lease.left_s == 0
    assert not await passes(lease)


async def test_a_rebalance_lengthens_no_session(lease: Lease, clock: HandClock) -> None:
    lease.hear("member", clock.now)
    lease.hear("rebalancing", clock.now)
    clock.now += SESSION_S
    assert not await passes(lease)


@pytest.mark.parametrize(
    ("code", "says"), [(0, "member"), (27, "rebalancing"), (25, "stranger"), (22, "stranger"), (15, "nothing")]
)
def test_what_an_answer_says(code: int, says: str) -> None:
    assert answered(SimpleNamespace(error_code=code)) == says


async def test_only_what_the_group_answers_is_heard(lease: Lease, clock: HandClock) -> None:
    async def send(node_id: Any, request: Any, **options: Any) -> Any:
        clock.now += 2
        return SimpleNamespace(error_code=0)

    listening = heard(send, lease, clock)
    await listening(1, MetadataRequest([]))
    assert lease.left_s == float("inf")
    await listening(1, HeartbeatRequest("group", 1, "me"))
    assert lease.left_s == SESSION_S - 2
    clock.now += 5
    await listening(1, SyncGroupRequest("group", 1, "me", None, []), group="coordination")
    assert lease.left_s == SESSION_S - 2


async def test_the_guard_is_asked_when_the_connection_stands_and_hears_whether_records_leave() -> None:
    """While it connected, the group may have given everything away."""
    done: list[object] = []

    class Client:
        async def ready(self, node_id: int, **options: Any) -> bool:
            done.append(("ready", node_id, options))
            return True

        async def send(self, node_id: int, request: Any, **options: Any) -> str:
            done.append("sent")
            return "answer"

    async def guard(*, records: bool) -> None:
        done.append("records" if records else "a question")

    send = guarded(Client(), guard)
    records = ProduceRequest(transactional_id=None, required_acks=-1, timeout=1, topics=[])
    assert await send(1, MetadataRequest([])) == "answer"
    assert done == [("ready", 1, {}), "a question", "sent"]
    done.clear()
    assert await send(2, records, group=0) == "answer"
    assert done == [("ready", 2, {"group": 0}), "records", "sent"]


async def test_what_the_guard_stops_is_not_sent() -> None:
    class Client:
        async def ready(self, node_id: int) -> bool:
            return True

        async def send(self, node_id: int, request: Any) -> None:
            pytest.fail("it left")

    async def guard(*, records: bool) -> None:
        raising("not ours any more")

    with pytest.raises(Died):
        await guarded(Client(), guard)(1, MetadataRequest([]))
