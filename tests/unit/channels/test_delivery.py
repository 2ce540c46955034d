"""Dues on their way out: tried again, never twice at once, and never in anybody's way."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from schemas.activity import Version
from schemas.posts import Edit, LeadNews, Receipt
from streams.channels import delivery, rest
from streams.channels.delivery import Delivery
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.memory import MemoryChannel
from streams.core.effects import Due
from streams.metrics import Metrics
from tests.unit.console.samples import Samples


def due(name: str, channel: str = "memory") -> Due:
    post: Any = SimpleNamespace(post_id=name, to="rep:1")
    return Due(channel, post)


class Desk:
    def __init__(self) -> None:
        self.channel = MemoryChannel(now=lambda: 5)
        self.receipts: list[Receipt] = []
        self.metrics = Metrics()
        self.delivery = Delivery(
            {"memory": self.channel}, tell=self.receipts.append, metrics=self.metrics, now=lambda: 5, chance=lambda: 0
        )

    async def told(self, count: int) -> list[Receipt]:
        async with asyncio.timeout(20):
            while len(self.receipts) < count:
                await asyncio.sleep(0.001)
        return self.receipts


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(rest, "FIRST_S", 0.01)
    monkeypatch.setattr(rest, "LONGEST_S", 0.02)
    one = Desk()
    running = asyncio.create_task(one.delivery.run())
    yield one
    running.cancel()


async def test_a_due_is_delivered_and_its_receipt_goes_back(desk: Desk) -> None:
    desk.delivery.offer(due("p1"))
    (receipt,) = await desk.told(1)
    assert (receipt.to, receipt.post_id, receipt.channel, receipt.outcome) == ("rep:1", "p1", "memory", "sent")
    assert desk.channel.posts.keys() == {"p1"}


async def test_a_busy_channel_is_asked_again(desk: Desk) -> None:
    for _ in range(3):
        desk.channel.fail_next(ChannelBusy(retry_after_s=0.01))
    desk.delivery.offer(due("p1"))
    assert [one.outcome for one in await desk.told(1)] == ["sent"]
    assert desk.metrics.value("channel_outcomes", "memory", "busy") == 3


async def test_a_refusal_is_final(desk: Desk) -> None:
    desk.channel.fail_next(ChannelRefused(410))
    desk.delivery.offer(due("p1"))
    (receipt,) = await desk.told(1)
    assert (receipt.outcome, receipt.detail) == ("refused", "refused with 410")
    assert not desk.channel.posts


async def test_a_due_that_comes_again_is_not_delivered_twice(desk: Desk) -> None:
    """While it waits nothing happens; when it is out already its receipt is said again."""
    desk.delivery.offer(due("p1"))
    desk.delivery.offer(due("p1"))
    await desk.told(1)
    desk.delivery.offer(due("p1"))
    assert len(await desk.told(2)) == 2
    assert desk.metrics.value("channel_outcomes", "memory", "sent") == 1


async def test_a_bug_of_a_channel_is_a_busy_channel(desk: Desk) -> None:
    desk.channel.fail_next(ZeroDivisionError())  # type: ignore[arg-type]
    desk.delivery.offer(due("p1"))
    assert [one.outcome for one in await desk.told(1)] == ["sent"]


async def test_what_finds_no_room_or_no_channel_is_left_to_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "QUEUE", 2)
    desk = Desk()
    for name in ("p1", "p2", "p3"):
        desk.delivery.offer(due(name))
    desk.delivery.offer(due("p4", channel="pigeon"))
    assert desk.metrics.value("dues_dropped", "memory") == 1
    assert desk.metrics.value("dues_dropped", "pigeon") == 1


async def test_after_many_tries_a_post_is_given_up_for_now(desk: Desk) -> None:
    for _ in range(delivery.ATTEMPTS):
        desk.channel.fail_next(ChannelBusy(retry_after_s=0.01))
    desk.delivery.offer(due("p1"))
    async with asyncio.timeout(20):
        while desk.metrics.value("channel_outcomes", "memory", "busy") < delivery.ATTEMPTS:
            await asyncio.sleep(0.001)
    assert desk.receipts == []
    desk.delivery.offer(due("p1"))
    assert [one.post_id for one in await desk.told(1)] == ["p1"]


async def test_one_post_that_always_fails_holds_up_no_other(desk: Desk) -> None:
    deliver = desk.channel.deliver

    async def unless_p1(post: Any) -> Receipt:
        if post.post_id == "p1":
            raise ChannelBusy(retry_after_s=0.01)
        return await deliver(post)

    desk.channel.deliver = unless_p1  # type: ignore[method-assign]
    for name in ("p1", "p2", "p3"):
        desk.delivery.offer(due(name))
    assert {one.post_id for one in await desk.told(2)} == {"p2", "p3"}


async def test_a_slow_channel_holds_up_no_other_one() -> None:
    slow, quick = MemoryChannel(now=lambda: 5), MemoryChannel(now=lambda: 5)
    asked = asyncio.Event()

    async def hang(_: object) -> Receipt:
        asked.set()
        return await asyncio.Future()

    slow.deliver = hang  # type: ignore[method-assign]
    receipts: list[Receipt] = []
    both = Delivery({"slow": slow, "quick": quick}, tell=receipts.append, metrics=Metrics(), now=lambda: 5)
    running = asyncio.create_task(both.run())
    for number in range(50):
        both.offer(due(f"p{number}", "slow"))
        both.offer(due(f"p{number}", "quick"))
    async with asyncio.timeout(20):
        await asked.wait()
        while len(receipts) < 50:
            await asyncio.sleep(0.001)
    assert quick.posts.keys() == {f"p{number}" for number in range(50)}
    assert both.waiting() == {"slow": 50 - delivery.LANES, "quick": 0}
    running.cancel()


async def test_why_a_channel_rests_is_said_once_and_each_refusal_too(desk: Desk) -> None:
    for error in (ChannelBusy(retry_after_s=0, detail="535"), ChannelBusy(retry_after_s=0), ChannelRefused(550)):
        desk.channel.fail_next(error)
    with capture_logs() as said:
        desk.delivery.offer(due("p1"))
        await desk.told(1)
    assert [(one["event"], one["channel"], one["why"]) for one in said] == [
        ("channel_busy", "memory", "busy: 535"),
        ("channel_refused", "memory", "refused with 550"),
    ]


async def test_each_channel_says_what_it_sent_and_why_it_did_not(desk: Desk) -> None:
    (state,) = desk.delivery.states()
    assert (state.name, state.waiting, state.resting, state.sent_at, state.error_at) == ("memory", 0, False, None, None)
    desk.channel.fail_next(ChannelRefused(550))
    for name in ("p1", "p2"):
        desk.delivery.offer(due(name))
    await desk.told(2)
    (state,) = desk.delivery.states()
    assert (state.resting, state.sent_at, state.error, state.error_at) == (False, 5, "refused with 550", 5)


def edit_due(channel: str) -> Due:
    return Due(channel, Edit(to="rep:1", post_id="ed_1", at=5, alert=Samples(now=5).alert()))


async def test_an_edit_is_no_new_message(desk: Desk) -> None:
    desk.delivery.offer(edit_due("memory"))
    (receipt,) = await desk.told(1)
    assert (receipt.post_id, receipt.outcome) == ("ed_1", "sent")
    assert (desk.channel.posts, desk.channel.edits.keys()) == ({}, {"ed_1"})


async def test_an_edit_for_a_channel_that_cannot_edit_is_refused_and_told_to_nobody() -> None:
    """One that a worker of other settings made due."""
    receipts: list[Receipt] = []
    plain = SimpleNamespace(name="plain", deliver=None)
    channels: Any = {"plain": plain}
    one = Delivery(channels, tell=receipts.append, metrics=Metrics(), now=lambda: 5)
    running = asyncio.create_task(one.run())
    one.offer(edit_due("plain"))
    async with asyncio.timeout(20):
        while not receipts:
            await asyncio.sleep(0.001)
    running.cancel()
    assert [(told.post_id, told.outcome) for told in receipts] == [("ed_1", "refused")]


async def test_news_of_a_lead_are_tried_again_as_posts_are(desk: Desk) -> None:
    news = LeadNews(to="lead:a", post_id="ln_1", kind="audience.entered", lead_id="a", at=1, audience="warm",
                    version=Version(0, 1))  # fmt: skip
    desk.channel.fail_next(ChannelBusy(retry_after_s=0.01))
    desk.delivery.offer(Due("memory", news))
    (receipt,) = await desk.told(1)
    assert (receipt.to, receipt.post_id, receipt.outcome) == ("lead:a", "ln_1", "sent")
    assert desk.channel.news == {"ln_1": news}


async def test_a_channel_for_people_refuses_news_of_leads(desk: Desk) -> None:
    class ForPeople:
        name = "memory"

    desk.delivery._channels = {"memory": ForPeople()}  # type: ignore[dict-item]
    news = LeadNews(to="lead:a", post_id="ln_1", kind="lead.merged", lead_id="a", at=1)
    desk.delivery.offer(Due("memory", news))
    (receipt,) = await desk.told(1)
    assert receipt.outcome == "refused"
