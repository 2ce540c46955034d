"""Rows 39 and 40: whatever a stranger wrote is text in every message of every channel.

It mentions nobody, links nowhere, is no markup, and splits no header. Each of the 228 texts stands in each field.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from msgspec.json import decode, encode
from msgspec.structs import replace

from schemas.activity import PageSeen
from schemas.cards import AlertCard
from schemas.posts import Ahead, Digest, Post
from streams.channels.addresses import Addresses, mail_address
from streams.channels.apprise.channel import AppriseChannel
from streams.channels.apprise.child import told
from streams.channels.apprise.lines import Order, Setup
from streams.channels.apprise.process import AppriseProcess
from streams.channels.mail.channel import MailChannel, MailServer
from streams.channels.slack.blocks import alert_blocks, digest_blocks, note_blocks
from streams.channels.teams.card import card_body
from streams.channels.webhook.channel import WebhookChannel
from streams.outgoing.client import Answer, Outgoing
from tests.contract.people_worlds import KIM, ROUTING, WORDS, card_of, now
from tests.hostile import PAYLOADS
from tests.unit.console.samples import Samples
from tests.unit.console.test_hostile_text import Tags, as_read

ALERT: Final = Samples(now=now()).alert()
URL: Final = f"https://c.example/alerts/{ALERT.alert_id}"
TAGS: Final = ("html", "head", "meta", "body", "h1", "h2", "p", "b", "br", "a", "hr")
SAFE: Final = {*TAGS, *(f"/{tag}" for tag in TAGS)}
ATTRIBUTES: Final = {"charset", "name", "content", "style", "href", "rel"}
HEADERS: Final = {
    "From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
}  # fmt: skip
MAIL: Final = MailChannel(
    MailServer(host="127.0.0.1", port=1, security="plain"), WORDS, addresses=Addresses(ROUTING, team=""),
    sender=mail_address("alerts@us.example", name="Leadstream"), now=now,
)  # fmt: skip


def alert(text: str) -> AlertCard:
    """Every field that a stranger, a CRM or somebody else's Slack may fill says it."""
    person = replace(ALERT.people[0], name=text, title=text, email=text, reasons=(text,), grade=text)
    deal = replace(ALERT.deal, lost_reason=text, lost_stage=text, competitor=text, currency=text, account_name=text)
    return replace(
        ALERT, account_name=text, people=(person, replace(person, name="", email=text)), deal=deal,
        pages=(PageSeen(now(), 1, text, text, 5_000, 1),), next_act=text, talking_point=text, claimed_by=text,
        status="claimed",
    )  # fmt: skip


def post(text: str) -> Post:
    return Post(to=KIM, post_id="po_1", level="real_time", at=now(), alert=alert(text), occasion="taken", detail=text)


def digest(text: str) -> Digest:
    ahead = Ahead(account_id=text, account_name=text, deal=alert(text).deal, reason="hold_ends", at=5)
    return Digest(to=KIM, post_id="di_1", at=now(), posts=(post(text),), ahead=(ahead,), waiting=2)


def walked(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walked(one)
    elif isinstance(value, list):
        for one in value:
            yield from walked(one)


def structure(value: Any) -> Any:
    """The message without its texts."""
    if isinstance(value, dict):
        return {name: "" if name in ("text", "fallbackText") and isinstance(one, str) else structure(one)
                for name, one in value.items()}  # fmt: skip
    return [structure(one) for one in value] if isinstance(value, list) else value


def lines_in(value: Any) -> list[int]:
    """How many lines each text has."""
    return [one["text"].count("\n") for one in walked(value) if isinstance(one.get("text"), str)]


def slack(text: str) -> list[dict[str, Any]]:
    told = WORDS.alert(post(text))
    return [
        *alert_blocks(told, "en", mark="m", answers=True), *note_blocks(told, mark="n"),
        *digest_blocks(WORDS.digest(digest(text)), mark="d"),
    ]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_row_40_slack_mentions_nobody_and_makes_no_link(payload: str) -> None:
    blocks = slack(payload)
    usual = slack("harmless words")
    assert structure(blocks) == structure(usual)
    assert all(one <= most for one, most in zip(lines_in(blocks), lines_in(usual), strict=True)), "a long one is cut"
    for one in walked(blocks):
        if isinstance(one.get("text"), str):
            assert (one["type"], one["emoji"]) == ("plain_text", False)
            bare = one["text"].replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
            assert not set(bare) & set("&<>"), bare
    assert {one["url"] for one in walked(blocks) if "url" in one} == {URL}


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_row_39_a_card_in_teams_reads_no_markup(payload: str) -> None:
    for made, usual in ((WORDS.alert(post(payload)), WORDS.alert(post("harmless words"))),
                        (WORDS.digest(digest(payload)), WORDS.digest(digest("harmless words")))):  # fmt: skip
        card = card_of(json.loads(card_body(made)))
        assert structure(card) == structure(card_of(json.loads(card_body(usual))))
        runs = [one for one in walked(card["body"]) if "text" in one]
        assert {one["type"] for one in runs} == {"TextRun"}
        assert "selectAction" not in {name for one in runs for name in one}


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_rows_31_and_39_a_mail_keeps_its_headers_and_shows_text(payload: str) -> None:
    for made in (post(payload), digest(payload)):
        mail = MAIL.message(made, mail_address("kim@us.example", name=payload))
        raw = mail.as_bytes()
        names = [line.partition(":")[0] for line in _head(raw) if not line.startswith((" ", "\t"))]
        assert len(names) == len(set(names))
        assert set(names) <= HEADERS
        assert "evil.example" not in str(mail["To"].addresses[0].addr_spec)
        assert len(mail["To"].addresses) == 1
        assert [one.get_content_type() for one in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        part = mail.get_body(("html",))
        assert part is not None
        page = Tags(part.get_content())
        assert {tag for tag, _ in page.shape} <= SAFE
        assert {name for _, names in page.shape for name in names} <= ATTRIBUTES
        assert set(page.leads_to) <= {URL, "https://c.example/"}
        assert as_read(payload)[:100] in page.text


def _head(raw: bytes) -> list[str]:
    return raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


class _Service:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def notify(self, body: str, title: str, *, body_format: str, timeout: float) -> object:
        self.told.append((body, title, body_format))
        return timeout > 0


class _Process(AppriseProcess):
    """Answers at once, and here."""

    def __init__(self, service: _Service) -> None:
        super().__init__(Setup(urls={}, private_hosts=frozenset()))
        self._services = {"*": [service]}

    async def ask(self, who: str, place: int, *, title: str, body: str, ends: float) -> asyncio.Future[bool]:
        timeout_s = ends - time.monotonic()
        order = decode(encode(Order(number=1, who=who, place=place, title=title, body=body, timeout_s=timeout_s)),
                       type=Order)  # fmt: skip
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        answer.set_result(told(order, self._services))
        return answer


async def test_row_40_apprise_is_told_that_it_is_text() -> None:
    """What a service makes of text is Apprise's to escape: it is never told that it is HTML or Markdown."""
    service = _Service()
    channel = AppriseChannel({"*": ["json://a.example"]}, WORDS, process=_Process(service), now=now)
    for number, payload in enumerate(PAYLOADS):
        await channel.deliver(replace(post(payload), post_id=f"po_{number}"))
        await channel.deliver(replace(digest(payload), post_id=f"di_{number}"))
    await channel.close()
    assert {how for _, _, how in service.told} == {"text"}
    assert len(service.told) == 2 * len(PAYLOADS)
    assert not [title for _, title, _ in service.told if not title.isprintable() and "\u200c" not in title
                and "\u200d" not in title and "\u00a0" not in title]  # fmt: skip


class _Outgoing:
    """Keeps bodies and headers."""

    def __init__(self) -> None:
        self.posts: list[tuple[bytes, dict[str, str]]] = []

    async def post(self, url: str, body: bytes, *, headers: dict[str, str], **_: Any) -> Answer:
        self.posts.append((body, headers))
        return Answer(status=200, headers={})


async def test_row_39_a_webhook_carries_the_very_text_and_its_headers_none_of_it() -> None:
    """A program reads it: nothing is escaped for it but as JSON says."""
    out = _Outgoing()
    secret = "whsec_c3RvcnktdGVzdC1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg=="
    channel = WebhookChannel("https://h.example/", [secret], outgoing=cast("Outgoing", out), now=now,
                             console_url="https://c.example")  # fmt: skip
    for payload in PAYLOADS:
        await channel.deliver(post(payload))
        body, headers = out.posts[-1]
        told = json.loads(body)["data"]
        assert told["alert"]["account_name"] == told["alert"]["people"][0]["name"] == told["detail"] == payload
        assert told["url"] == URL
        assert set(headers) == {"content-type", "webhook-id", "webhook-timestamp", "webhook-signature"}
        assert all(one.isascii() and one.isprintable() for one in headers.values())
