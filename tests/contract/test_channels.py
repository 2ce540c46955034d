"""What every channel does: written once, run on the memory channel, and on the others against real servers."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time_ns
from typing import Any, Protocol

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from schemas.activity import Version
from schemas.cards import AlertCard, Transition
from schemas.codec import encode
from schemas.ids import digest_id_of, edit_id_of, post_id_of
from schemas.posts import Ahead, Digest, Edit, LeadNews, Post
from streams.channels.base import Channel, Editor
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.memory import MemoryChannel
from streams.channels.webhook.channel import WebhookChannel
from streams.channels.webhook.leads import told_of
from tests.contract.people_worlds import KIM, AppriseWorld, MailWorld, TeamsWorld, http, outgoing
from tests.contract.slack_stub import SlackStub, slack_stub
from tests.contract.slack_worlds import CHANNEL, slack_channel
from tests.contract.smtp_stub import smtp_stub
from tests.serving import served
from tests.unit.console.samples import Samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FORMER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = time_ns() // 1_000_000
ALERT = Samples(now=NOW).alert()


def post(level: str = "real_time") -> Post:
    return Post(to=KIM, post_id=post_id_of(ALERT.alert_id, level, KIM), level="real_time", at=NOW, alert=ALERT)


def digest() -> Digest:
    ahead = Ahead(account_id="a.example", account_name="A", deal=ALERT.deal, reason="hold_ends", at=5)
    entry = replace(post(), occasion="deputy", detail="rep:2")
    return Digest(to=KIM, post_id=digest_id_of(KIM, 20_000), at=NOW, posts=(entry,), ahead=(ahead,), waiting=3)


def edit(*, offset: int = 700, **changed: Any) -> Edit:
    alert = replace(ALERT, version=Version(0, offset), **changed)
    return Edit(to=KIM, post_id=edit_id_of(ALERT.alert_id, KIM, alert.version), at=NOW + 1, alert=alert)


class World(Protocol):
    """A channel together with its far end. `plan` gives the status as this channel's errors say it."""

    channel: Channel
    tells_when: bool  # the far end can say when to come again

    def plan(self, status: int, *, retry_after: str = "") -> int: ...

    def received(self) -> list[str]: ...


class MemoryWorld:
    tells_when = True

    def __init__(self) -> None:
        self.channel = MemoryChannel(now=lambda: NOW)

    def plan(self, status: int, *, retry_after: str = "") -> int:
        busy = ChannelBusy(retry_after_s=float(retry_after or 30))
        self.channel.fail_next(busy if status >= 429 else ChannelRefused(status))
        return status

    def received(self) -> list[str]:
        return list(self.channel.posts)


class Far(ThreadingHTTPServer):
    """Answers as planned and keeps what came, once per webhook-id, if the signature is right."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FarHandler)
        self.planned: deque[tuple[int, dict[str, str]]] = deque()
        self.bodies: dict[str, Any] = {}
        self.requests = 0
        self.hang = threading.Event()
        self.hang.set()


class FarHandler(BaseHTTPRequestHandler):
    server: Far
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.requests += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.hang.wait(10)
        status, headers = self.server.planned.popleft() if self.server.planned else (204, {})
        if status < 300:
            self.server.bodies[self.headers["webhook-id"]] = Webhook(SECRET).verify(body, dict(self.headers.items()))
        self.send_response(status)
        for name, value in {"content-length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def far() -> Iterator[Far]:
    server = Far()
    with served(server):
        yield server
        server.hang.set()


class WebhookWorld:
    tells_when = True

    def __init__(self, far: Far, *secrets: str) -> None:
        secrets = secrets or (SECRET,)
        self.far = far
        url = f"http://127.0.0.1:{far.server_port}/hook"
        self.channel = WebhookChannel(
            url, secrets, outgoing=outgoing(), now=lambda: time_ns() // 1_000_000, console_url="https://c.example/"
        )

    def plan(self, status: int, *, retry_after: str = "") -> int:
        self.far.planned.append((status, {"retry-after": retry_after} if retry_after else {}))
        return status

    def received(self) -> list[str]:
        return list(self.far.bodies)


class SlackWorld:
    tells_when = True

    def __init__(self, stub: SlackStub) -> None:
        self.stub = stub
        self.channel = slack_channel(stub)

    def plan(self, status: int, *, retry_after: str = "") -> int:
        self.stub.plan(status, retry_after=retry_after)
        return status

    def received(self) -> list[str]:
        return self.stub.post_ids(CHANNEL)


WORLDS = ("memory", "webhook", "slack", "mail", "teams", "apprise")
KNOWING = [one for one in WORLDS if one != "apprise"]  # Apprise shows no id, and says no reason
EDITING = ["memory", "webhook", "slack"]


@asynccontextmanager
async def made_world(name: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    match name:
        case "memory":
            yield MemoryWorld()
        case "webhook":
            yield WebhookWorld(request.getfixturevalue("far"))
        case "slack":
            with slack_stub() as slack:
                yield SlackWorld(slack)
        case "mail":
            async with smtp_stub() as stub:
                yield MailWorld(stub)
        case "teams":
            with http() as server:
                yield TeamsWorld(server)
        case _:
            with http() as server:
                yield AppriseWorld(server, post(), digest())


@pytest_asyncio.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with made_world(request.param, request) as made:
        yield made
        await made.channel.close()


@pytest.mark.asyncio
async def test_a_delivered_post_has_a_receipt(world: World) -> None:
    receipt = await world.channel.deliver(post())
    assert (receipt.to, receipt.post_id, receipt.outcome) == (KIM, post().post_id, "sent")
    assert (receipt.channel, world.received()) == (world.channel.name, [post().post_id])
    assert receipt.at >= NOW


@pytest.mark.asyncio
@pytest.mark.parametrize("world", KNOWING, indirect=True)
async def test_a_post_that_comes_again_is_the_same_one_at_the_receiver(world: World) -> None:
    await world.channel.deliver(post())
    await world.channel.deliver(post())
    await world.channel.deliver(post("digest"))
    assert world.received() == [post().post_id, post("digest").post_id]


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_receiver_says_when_to_come_again(world: World, status: int) -> None:
    world.plan(status, retry_after="7")
    with pytest.raises(ChannelBusy) as busy:
        await world.channel.deliver(post())
    assert (busy.value.retry_after_s, world.received()) == (7 if world.tells_when else 0, [])
    await world.channel.deliver(post())
    assert world.received() == [post().post_id]


@pytest.mark.asyncio
@pytest.mark.parametrize("world", KNOWING, indirect=True)
@pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
async def test_a_refusal_is_final(world: World, status: int) -> None:
    said = world.plan(status)
    with pytest.raises(ChannelRefused) as refused:
        await world.channel.deliver(post())
    assert (refused.value.status, world.received()) == (said, [])


@pytest.mark.asyncio
async def test_the_webhook_says_alert_raised_with_the_card_and_a_link(far: Far) -> None:
    await WebhookWorld(far).channel.deliver(post())
    body = far.bodies[post().post_id]
    assert (body["type"], body["data"]["level"]) == ("alert.raised", "real_time")
    assert body["data"]["url"] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert msgspec.convert(body["data"]["alert"], AlertCard) == ALERT


@pytest.mark.asyncio
@pytest.mark.parametrize("world", KNOWING, indirect=True)
async def test_a_digest_is_delivered_once_and_has_a_receipt(world: World) -> None:
    for _ in range(2):
        receipt = await world.channel.deliver(digest())
        assert (receipt.to, receipt.post_id, receipt.outcome) == (KIM, digest().post_id, "sent")
    assert world.received() == [digest().post_id]


@pytest.mark.asyncio
@pytest.mark.parametrize("world", KNOWING, indirect=True)
async def test_a_refused_digest_is_refused(world: World) -> None:
    world.plan(410)
    with pytest.raises(ChannelRefused):
        await world.channel.deliver(digest())


@pytest.mark.asyncio
async def test_the_webhook_says_alert_digest_with_its_alerts_and_what_is_ahead(far: Far) -> None:
    await WebhookWorld(far).channel.deliver(digest())
    body = far.bodies[digest().post_id]
    assert (body["type"], body["timestamp"]) == ("alert.digest", datetime.fromtimestamp(NOW / 1000, UTC).isoformat())
    data = body["data"]
    assert (data["post_id"], data["waiting"]) == (digest().post_id, 3)
    (told,) = data["alerts"]
    assert (told["level"], told["occasion"], told["detail"]) == ("real_time", "deputy", "rep:2")
    assert told["url"] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert msgspec.convert(told["alert"], AlertCard) == ALERT
    assert [(one["account_id"], one["reason"], one["at"]) for one in data["ahead"]] == [("a.example", "hold_ends", 5)]


@pytest.mark.asyncio
async def test_the_webhook_says_on_what_occasion(far: Far) -> None:
    await WebhookWorld(far).channel.deliver(replace(post(), occasion="reminder", detail="why"))
    data = far.bodies[post().post_id]["data"]
    assert (data["occasion"], data["detail"]) == ("reminder", "why")


@pytest.mark.asyncio
async def test_a_retry_has_the_same_bytes(far: Far) -> None:
    channel = WebhookWorld(far).channel
    assert channel._told(post()) == channel._told(post())


MOVE = Samples(now=NOW).lead().moves[0]
LEAD_NEWS = (
    LeadNews(to="lead:le_1", post_id="ln_1", kind="lead.stage_changed", lead_id="le_1", at=NOW, transition=MOVE),
    LeadNews(to="lead:le_1", post_id="ln_2", kind="lead.merged", lead_id="le_1", at=NOW, into="le_2", transition=MOVE),
    LeadNews(to="lead:le_1", post_id="ln_3", kind="audience.entered", lead_id="le_1", at=NOW, audience="warm",
             version=Version(0, 7)),
    LeadNews(to="lead:le_1", post_id="ln_4", kind="audience.left", lead_id="le_1", at=NOW, audience="warm",
             version=Version(0, 8)),
)  # fmt: skip


@pytest.mark.asyncio
async def test_the_webhook_tells_of_leads_without_the_person(far: Far) -> None:
    """Ask A49."""
    for news in LEAD_NEWS:
        receipt = await WebhookWorld(far).channel.tell(news)
        assert (receipt.to, receipt.post_id, receipt.channel, receipt.outcome) == (
            news.to, news.post_id, "webhook", "sent")  # fmt: skip
    assert [far.bodies[one.post_id]["type"] for one in LEAD_NEWS] == [one.kind for one in LEAD_NEWS]
    assert msgspec.convert(far.bodies["ln_1"]["data"], Transition) == MOVE
    assert far.bodies["ln_2"]["data"] == {
        "lead_id": "le_1", "into": "le_2", "number": MOVE.number, "actor": MOVE.actor}  # fmt: skip
    assert far.bodies["ln_3"] == {
        "type": "audience.entered", "timestamp": datetime.fromtimestamp(NOW / 1000, UTC).isoformat(),
        "data": {"audience": "warm", "lead_id": "le_1", "at": NOW, "version": [0, 7]},
    }  # fmt: skip


@pytest.mark.asyncio
async def test_news_that_come_again_have_the_same_id_and_bytes(far: Far) -> None:
    channel = WebhookWorld(far).channel
    far.planned.append((503, {"retry-after": "7"}))
    with pytest.raises(ChannelBusy):
        await channel.tell(LEAD_NEWS[2])
    for _ in range(2):
        await channel.tell(LEAD_NEWS[2])
    assert list(far.bodies) == ["ln_3"]
    assert encode(told_of(LEAD_NEWS[2])) == encode(told_of(LEAD_NEWS[2]))


@pytest.mark.asyncio
async def test_a_redirect_is_not_followed(far: Far) -> None:
    far.planned.append((307, {"location": f"http://127.0.0.1:{far.server_port}/elsewhere"}))
    with pytest.raises(ChannelRefused):
        await WebhookWorld(far).channel.deliver(post())
    assert far.requests == 1


@pytest.mark.asyncio
async def test_a_receiver_that_hangs_is_busy_within_the_deadline(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.channels.webhook.channel.DEADLINE_S", 0.2)
    far.hang.clear()
    async with asyncio.timeout(30):
        with pytest.raises(ChannelBusy, match="no answer in time"):
            await WebhookWorld(far).channel.deliver(post())


@pytest.mark.asyncio
async def test_a_receiver_that_is_away_is_busy() -> None:
    channel = WebhookChannel("http://127.0.0.1:1/", [SECRET], outgoing=outgoing(), now=lambda: NOW)
    with pytest.raises(ChannelBusy, match="ConnectError"):
        await channel.deliver(post())


@pytest.mark.asyncio
@pytest.mark.parametrize("secrets", [(SECRET, FORMER), (FORMER, SECRET)])
async def test_while_a_secret_is_exchanged_both_verify(far: Far, secrets: tuple[str, str]) -> None:
    """The far end knows one of the two, and the library that receivers use takes it from among the signatures."""
    await WebhookWorld(far, *secrets).channel.deliver(post())
    assert list(far.bodies) == [post().post_id]


def test_another_secret_does_not_verify() -> None:
    at = datetime.now(UTC)
    signature = Webhook(SECRET).sign("po_1", at, "{}")
    headers = {"webhook-id": "po_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert Webhook(SECRET).verify("{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify("{}", headers)


@pytest.mark.asyncio
@pytest.mark.parametrize("world", EDITING, indirect=True)
async def test_a_channel_that_can_edit_answers_an_edit_with_a_receipt_twice_as_once(world: World) -> None:
    """Nothing new stands anywhere, whether the alert was told there or not."""
    assert isinstance(world.channel, Editor)
    for told in (edit(status="claimed", claimed_by="Rita"), edit(status="claimed", claimed_by="Rita")):
        receipt = await world.channel.edit(told)
        assert (receipt.to, receipt.post_id, receipt.outcome) == (KIM, edit().post_id, "sent")
    assert [one for one in world.received() if one != edit().post_id] == []


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "kind"), [
    ("claimed", "alert.updated"), ("snoozed", "alert.updated"), ("open", "alert.updated"),
    ("done", "alert.closed"), ("dismissed", "alert.closed"), ("expired", "alert.closed"),
])  # fmt: skip
async def test_the_webhook_says_alert_updated_and_alert_closed_with_the_newest_card(
    far: Far, status: Any, kind: str
) -> None:
    channel, told = WebhookWorld(far).channel, edit(status=status)
    assert isinstance(channel, Editor)
    await channel.edit(told)
    body = far.bodies[told.post_id]
    assert (body["type"], body["timestamp"]) == (kind, datetime.fromtimestamp((NOW + 1) / 1000, UTC).isoformat())
    assert body["data"]["url"] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert msgspec.convert(body["data"]["alert"], AlertCard) == told.alert


@pytest.mark.asyncio
async def test_an_edit_is_refused_and_busy_as_a_post_is(far: Far) -> None:
    channel = WebhookWorld(far).channel
    assert isinstance(channel, Editor)
    far.planned += [(503, {}), (410, {})]
    with pytest.raises(ChannelBusy):
        await channel.edit(edit())
    with pytest.raises(ChannelRefused):
        await channel.edit(edit())
