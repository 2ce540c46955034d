"""A test of a channel: how it is sent, to whom, and what is said of each answer; and a worker that is asked for one."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from deploy.local.embedded import embedded_valkey
from schemas.posts import Digest, Post, Receipt
from streams.channels.base import Channel
from streams.channels.errors import ChannelBusy, ChannelRefused, NoAddress
from streams.channels.trial import NotTried, tried, try_channel
from streams.core.recipient.channel_state import Trial, TrialKind
from streams.readmodel.keys import Keys
from streams.readmodel.reader import Reader
from streams.readmodel.trials import OLDEST_MS, TrialBoard, ask_trial, trial_results
from streams.readmodel.writer import connected
from streams.trials import try_when_asked
from tests.unit.console.sights import RULES

NOW = 1_795_000_000_000


class Answering:
    """A channel that gives one answer to everything, and remembers what it was asked to deliver."""

    name = "mail"

    def __init__(self, answer: Exception | None = None) -> None:
        self._answer = answer
        self.posts: list[Post | Digest] = []

    async def deliver(self, post: Post | Digest) -> Receipt:
        self.posts.append(post)
        if self._answer is not None:
            raise self._answer
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=NOW)

    async def close(self) -> None:
        """Nothing is open."""


def trial(channel: str = "mail", to: str = "", at: int = NOW) -> Trial:
    return Trial(trial_id="t-1", channel=channel, to=to, at=at)


@pytest.mark.parametrize(
    ("to", "recipient"),
    [("", "team:sales"), ("team:east", "team:east"), ("kim@us.example", RULES.naming.recipient_of("kim@us.example"))],
)
async def test_it_goes_to_the_team_or_to_whom_was_said(to: str, recipient: str) -> None:
    channel = Answering()
    await try_channel({"mail": channel}, RULES, name="mail", to=to, now_ms=NOW)
    [post] = channel.posts
    assert isinstance(post, Post)
    assert (post.to, post.alert.account_id) == (recipient, "test.invalid")


@pytest.mark.parametrize(("name", "kind"), [("webhook", "machine"), ("teams", "not_set_up")])
async def test_what_cannot_be_tried_is_not_sent(name: str, kind: TrialKind) -> None:
    channels: dict[str, Channel] = {"mail": Answering(), "webhook": Answering()}
    with pytest.raises(NotTried) as caught:
        await try_channel(channels, RULES, name=name, to="", now_ms=NOW)
    assert caught.value.kind == kind
    assert not any(one.posts for one in channels.values() if isinstance(one, Answering))


@pytest.mark.parametrize(
    ("answer", "kind", "status", "said"),
    [
        (None, "taken", 0, ""),
        (ChannelRefused(404), "refused", 404, "refused with 404"),
        (ChannelBusy(retry_after_s=30), "busy", 0, "busy, again in 30 s"),
        (NoAddress("name a channel in LEADSTREAM_SLACK__CHANNEL"), "no_address", 0, "not sent: name a channel"),
        (ValueError("kim@us.example"), "failed", 0, "ValueError"),
    ],
)
async def test_each_answer_is_said(answer: Exception | None, kind: TrialKind, status: int, said: str) -> None:
    result = await tried({"mail": Answering(answer)}, RULES, trial(), worker="a:1", now_ms=NOW)
    assert (result.kind, result.status, result.trial_id, result.worker) == (kind, status, "t-1", "a:1")
    assert result.said.startswith(said)
    assert "kim@" not in result.said


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with embedded_valkey() as url:
        yield url


async def test_a_wish_is_taken_by_one_worker_and_what_became_of_it_is_read(valkey: str) -> None:
    board, other, reader = TrialBoard.connect(valkey), TrialBoard.connect(valkey), Reader.connect(valkey)
    assert await ask_trial(reader, trial())
    assert [board.take(now=NOW), other.take(now=NOW)] == [trial(), None]
    board.tell(await tried({"mail": Answering()}, RULES, trial(), worker="a:1", now_ms=NOW))
    assert {name: one.kind for name, one in (await trial_results(reader)).items()} == {"mail": "taken"}
    await reader.close()


async def test_old_wishes_and_those_of_another_release_are_nobodys(valkey: str) -> None:
    board, reader, client = TrialBoard.connect(valkey), Reader.connect(valkey), connected(valkey)
    await ask_trial(reader, trial())
    assert board.take(now=NOW + OLDEST_MS) is None
    client.rpush(Keys().trials, b"{}")
    client.hset(Keys().trial_results, "teams", b"\xff")
    assert board.take(now=NOW) is None
    assert "teams" not in await trial_results(reader)
    assert [await ask_trial(reader, trial()) for _ in range(9)] == [True] * 8 + [False], "so many may wait"
    client.delete(Keys().trials)
    await reader.close()


async def test_a_worker_tries_when_it_is_asked(valkey: str) -> None:
    reader, channel = Reader.connect(valkey, prefix="worker:"), Answering()
    board = TrialBoard.connect(valkey, prefix="worker:")
    work = asyncio.create_task(try_when_asked(board, {"mail": channel}, RULES, worker="a:1", now=lambda: NOW))
    await ask_trial(reader, trial())
    async with asyncio.timeout(20):
        while not await trial_results(reader):
            await asyncio.sleep(0.05)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    assert len(channel.posts) == 1
    await reader.close()
