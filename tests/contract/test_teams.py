"""What Teams is sent: a card that opens pages and does nothing else, and in which no outside text is markup."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.posts import Ahead, Digest, Post
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.teams.card import LARGEST, card_body
from streams.channels.teams.channel import TeamsChannel
from streams.channels.words.message import Words
from tests.contract.people_worlds import KIM, ROUTING, WORDS, Http, TeamsWorld, card_of, http, now, outgoing
from tests.unit.console.samples import HOSTILE, Samples

ALERT = Samples(now=now()).alert()
MARKUP = ("**bold** _it_ [Invoice](https://evil.example)", "{{DATE(2020-01-01T00:00:00Z)}}", "<at>Kim</at>", "# big")


@pytest.fixture
def far() -> Iterator[Http]:
    with http() as server:
        yield server


def post(number: int = 1, alert: object = ALERT) -> Post:
    return Post(to=KIM, post_id=f"po_{number}", level="real_time", at=now(), alert=alert)


def walked(element: Any) -> Iterator[dict[str, Any]]:
    if isinstance(element, dict):
        yield element
        for value in element.values():
            yield from walked(value)
    elif isinstance(element, list):
        for value in element:
            yield from walked(value)


def texts(card: Any) -> list[str]:
    return [one["text"] for one in walked(card["body"]) if one.get("type") == "TextRun"]


async def test_an_alert_is_a_card_that_opens_the_console(far: Http) -> None:
    await TeamsWorld(far).channel.deliver(post())
    (body,) = far.bodies
    card = card_of(body)
    assert (body["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert body["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert texts(card)[0] == "Northwind Robotics: back after 45 days"
    assert [one for one in texts(card) if one.endswith(": ")][:5] == [
        "Lost deal: ", "Who: ", "Looked at: ", "Score: ", "Next: ",
    ]  # fmt: skip
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open in Leadstream", "url": f"https://c.example/alerts/{ALERT.alert_id}"}
    ]


async def test_a_digest_leads_to_each_of_its_alerts(far: Http) -> None:
    other = replace(ALERT, alert_id="al_2")
    ahead = Ahead(account_id="a.example", account_name="A", deal=ALERT.deal, reason="hold_ends", at=5)
    digest = Digest(to=KIM, post_id="di_1", at=now(), posts=(post(), post(2, other)), ahead=(ahead,), waiting=2)
    await TeamsWorld(far).channel.deliver(digest)
    card = card_of(far.bodies[0])
    urls = [one["url"] for one in walked(card) if one.get("type", "").startswith("Action.")]
    assert sorted(urls) == [
        "https://c.example/", *sorted(f"https://c.example/alerts/{one}" for one in (ALERT.alert_id, "al_2")),
    ]  # fmt: skip
    assert {"Worth a call soon", "2 more wait for the next digest."} <= set(texts(card))


@pytest.mark.parametrize("hostile", [*HOSTILE, *MARKUP])
def test_row_39_and_40_outside_text_stands_where_no_markup_is_read(hostile: str) -> None:
    people = tuple(replace(one, name=hostile, title=hostile, reasons=(hostile,)) for one in ALERT.people)
    card = replace(ALERT, account_name=hostile, account_id=hostile, people=people, next_act=hostile,
                   talking_point=hostile, claimed_by=hostile, status="claimed",
                   deal=replace(ALERT.deal, competitor=hostile, lost_reason=hostile))  # fmt: skip
    elements = [one for one in walked(_card(card)["body"]) if "type" in one]
    assert {one["type"] for one in elements} <= {"RichTextBlock", "TextRun"}
    assert any(hostile in one.get("text", "") for one in elements)


def test_a_later_card_says_why_it_is_told_again_where_it_is_seen() -> None:
    """A message behind a webhook is not edited and has no thread: there is one card for each thing that was told."""
    claimed = replace(ALERT, status="claimed", claimed_by="Kim")
    first, later = post(), replace(post(2, claimed), occasion="broke_through", detail="request:1")
    cards = [card_of(_decoded(card_body(WORDS.alert(one))))["body"] for one in (first, later)]
    assert cards[0][0]["inlines"] == cards[1][0]["inlines"]
    assert [[(run["text"], run["isSubtle"]) for run in card[1]["inlines"]] for card in cards] == [
        [("Real-time", True)],
        [("Real-time · Claimed by Kim", True),
         (" · New since the last message: somebody asked for contact.", False)],
    ]  # fmt: skip


def test_only_pages_are_opened() -> None:
    kinds = {one["type"] for one in walked(_card(ALERT)) if str(one.get("type", "")).startswith("Action.")}
    assert kinds == {"Action.OpenUrl"}
    assert card_of(_decoded(card_body(Words(ROUTING).alert(post()))))["actions"] == []


def test_a_digest_too_large_for_teams_shows_its_best_and_says_how_many_it_leaves_out() -> None:
    long = "한" * 400
    card = replace(ALERT, account_name=long, next_act=long, deal=replace(ALERT.deal, competitor=long, lost_stage=long))
    posts = tuple(post(number, card) for number in range(40))
    body = card_body(WORDS.digest(Digest(to=KIM, post_id="di_1", at=now(), posts=posts)))
    shown = [one for one in walked(card_of(_decoded(body))["body"]) if one.get("type") == "Container"]
    assert len(body) <= LARGEST
    assert len(shown) > 3
    assert f"+ {40 - len(shown)}" in texts(card_of(_decoded(body)))


@pytest.mark.parametrize("count", [1, 10])
def test_the_largest_alert_fits(count: int) -> None:
    long = "한" * 3_000
    people = tuple(replace(ALERT.people[0], name=long, title=long, reasons=(long,) * 3) for _ in range(count))
    card = replace(ALERT, account_name=long, people=people, next_act=long, talking_point=long,
                   pages=tuple(one._replace(path=long) for one in ALERT.pages))  # fmt: skip
    assert len(card_body(WORDS.alert(post(1, card)))) <= LARGEST


async def test_a_redirect_is_not_followed_and_the_secret_address_is_in_no_error(far: Http) -> None:
    far.planned.append((302, {"location": f"http://127.0.0.1:{far.server_port}/elsewhere"}))
    with pytest.raises(ChannelRefused) as refused:
        await TeamsWorld(far).channel.deliver(post())
    assert (far.requests, str(refused.value)) == (1, "refused with 302")


async def test_a_flow_that_hangs_is_busy_within_the_deadline(far: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.channels.teams.channel.DEADLINE_S", 0.2)
    far.hang.clear()
    async with asyncio.timeout(30):
        with pytest.raises(ChannelBusy, match="no answer in time"):
            await TeamsWorld(far).channel.deliver(post())


async def test_a_flow_that_is_away_is_busy() -> None:
    with pytest.raises(ChannelBusy, match="ConnectError"):
        await TeamsChannel("http://127.0.0.1:1/", WORDS, outgoing=outgoing(), now=now).deliver(post())


def _card(alert: object) -> Any:
    return card_of(_decoded(card_body(WORDS.alert(post(1, alert)))))


def _decoded(body: bytes) -> Any:
    return json.loads(body)
