"""Mail links by the number of a bad input, over real HTTP; and a mail whole: from its links to the card of its lead."""

import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from producers.collector.protocols.pixels import GIF
from producers.mail.letter import Letter
from producers.mail.links import Links
from schemas.cards import LeadCard
from schemas.touches import MailEvent, Tick
from streams.core.mail.verdict import Judged
from tests.contract.collector_process import Answer, CollectorProcess, collector_process
from tests.integration.bus import wait_until
from tests.unit.core.made import ANN, MINUTE, RULES, delivery, engaged, facts, mailed, page, visited
from tests.unit.core.told import LeadStory, browser, did
from tests.unit.producers.desk import NOW, Desk, desk, until
from tests.unit.producers.mails import BROWSER, KEY, OLD, link, mail_settings, path_of, sent, signer

TARGET = "https://acme.example/pricing?a=1"


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    keys = {"LEADSTREAM_MAIL__KEYS": f"new={KEY},old={OLD}", "LEADSTREAM_COLLECTOR__PROXY_HOPS": "1"}
    with collector_process(tmp_path_factory.mktemp("collector"), **keys) as one:
        yield one


def asked(one: CollectorProcess, path: str, method: str = "GET", *headers: str) -> Answer:
    lines = [f"{method} {path} HTTP/1.1", "Host: evil.example", f"User-Agent: {BROWSER}", *headers]
    with one.connect() as wire:
        wire.sendall("\r\n".join([*lines, "Content-Length: 0", "Connection: close", "", ""]).encode("latin-1"))
        raw = b"".join(iter(lambda: wire.recv(65_536), b""))
    return Answer(raw, ended=True)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fresh(*targets: str, **more: Any) -> Letter:
    """A mail of this moment, for a collector that has the real time."""
    return sent(*targets, made_at=now_ms(), **more)


# ─── rows
def test_row_35_a_link_with_anything_altered_or_of_a_retired_key_is_404_and_no_redirect(
    collector: CollectorProcess,
) -> None:
    good = path_of(fresh(TARGET, message_id="row35").links[0])
    kid, said, signature = good.removeprefix("/m/c/").split(".")
    other = path_of(fresh("https://evil.example").links[0]).removeprefix("/m/c/").split(".")
    retired = Links({"gone": "a key that was retired, 32 characters"}, days=400)
    expired = sent(TARGET, made_at=1_600_000_000_000).links[0]
    bad = [
        f"{kid}.{other[1]}.{signature}", f"{kid}.{said}.{other[2]}", f"old.{said}.{signature}", f"{kid}.{said}",
        f"{kid}.{said}.", path_of(fresh(TARGET, links=retired).links[0]).removeprefix("/m/c/"),
        path_of(expired).removeprefix("/m/c/"), path_of(fresh(TARGET).unsubscribe).removeprefix("/m/u/"),
        f"{kid}.{said}.{signature}%00",
    ]  # fmt: skip
    for token in bad:
        answer = asked(collector, f"/m/c/{token}")
        assert (answer.status, answer.header("location")) == (404, None), token
        assert b"does not work any more" in answer.body
    for path in ("//evil.example", "/m/c//evil.example", "/m/c/https%3A%2F%2Fevil.example", "/m/c/?to=https://evil.example"):
        assert asked(collector, path).header("location") is None
    assert b"row35" not in collector.written()
    for links in (signer(), signer(old=OLD)):
        answer = asked(collector, path_of(fresh(TARGET, links=links).links[0]))
        assert answer.status == 302


def test_row_36_a_redirect_leads_to_the_signed_bytes_and_nowhere_else(collector: CollectorProcess) -> None:
    """Also where somebody has our key and signs what our signer refuses."""
    answer = asked(collector, path_of(fresh(TARGET).links[0]) + "?to=https://evil.example")
    location = answer.header("location") or ""
    assert re.fullmatch(re.escape(TARGET) + r"&ls_click=[0-9a-f]{32}\.[A-Za-z0-9_-]{16}", location)
    assert answer.header("referrer-policy") == "no-referrer"
    for target in ("//evil.example", "https:evil", "javascript:x", "https://good@evil.example", "https://evil\\@good",
                   "https://ev\nil.example", "https://\uff45vil.example", "https://xn--cme-8cd.example"):  # fmt: skip
        token = _signed_anyway(target)
        answer = asked(collector, f"/m/c/{token}")
        assert (answer.status, answer.header("location")) == (404, None), target


def _signed_anyway(target: str) -> str:
    """As a signer would that looked at nothing."""
    links = signer()
    kid, said, _ = links.token("open", link(to=target, made_at=now_ms())).split(".")
    signature = urlsafe_b64encode(links._signature(kid, "click", said)).rstrip(b"=").decode()
    return f"{kid}.{said}.{signature}"


def test_row_37_a_get_of_unsubscribe_writes_nothing_and_a_post_does(collector: CollectorProcess) -> None:
    path = path_of(fresh(message_id="row37").unsubscribe)
    for method in ("GET", "HEAD", "GET"):
        assert asked(collector, path, method).status == 200
    assert asked(collector, path, "OPTIONS").status == 204
    assert b"row37" not in collector.written()
    shown = asked(collector, path, "GET", "Accept-Language: ko-KR,ko;q=0.9")
    assert "수신 거부".encode() in shown.body
    assert b'<form method="post">' in shown.body
    one_click = collector.post(b"List-Unsubscribe=One-Click", "Content-Type: application/x-www-form-urlencoded",
                               path=path)  # fmt: skip
    assert (one_click.status, one_click.header("location"), one_click.header("set-cookie")) == (200, None, None)
    assert b"unsubscribe:row37" in collector.written()  # Kafka is away: the spool has it
    assert collector.counted('leadstream_collector_mail_events_total{kind="unsubscribed",source="links"}') == 1


def test_row_38_a_pixel_a_thousand_times_is_one_open_and_always_the_same_bytes(collector: CollectorProcess) -> None:
    path = path_of(fresh(message_id="row38").pixel)
    heads = set()
    with collector.connect() as wire:
        for number in range(1_000):
            asks = path if number % 3 else path.replace("new.", "bad.")
            wire.sendall(f"GET {asks} HTTP/1.1\r\nHost: c\r\nUser-Agent: GoogleImageProxy\r\n\r\n".encode())
            raw = b""
            while not raw.endswith(GIF):
                raw += wire.recv(65_536)
            heads.add(re.sub(rb"\r\ndate: [^\r]+", b"", raw, flags=re.IGNORECASE))
    assert len(heads) == 1
    name = 'leadstream_collector_mail_events_total{kind="opened",source="links"}'
    wait_until(lambda: collector.counted(name) == 1, within_s=60, what="the open to be written", every_s=0.02)
    assert collector.written().count(b"open:row38") == 1


# ─── a mail whole
async def get(d: Desk, url: str, *, method: str = "GET") -> Any:
    return await d.http.request(method, path_of(url), headers={"user-agent": BROWSER})


async def written(d: Desk, count: int) -> list[MailEvent]:
    await until(lambda: len(d.touches()) >= count)
    return d.touches()


def judged(story: LeadStory, *, as_of: int) -> tuple[Judged, ...]:
    assert story.row is not None
    return RULES.scoring.judge.judged(story.row.mail, as_of=as_of)


async def test_a_click_that_a_person_follows_makes_the_lead_s_card_and_unsubscribing_stops_mails() -> None:
    """Ask A1: from the link of a mail to points, stage and the answer to "may we mail"."""
    async with desk(mail=mail_settings()) as d:
        made = sent(TARGET, lead_id=ANN)
        where = (await get(d, made.links[0])).headers["location"]
        (click,) = await written(d, 1)
        story = LeadStory()
        pending = story.hears(browser(did(), offset=1, as_of=NOW), click)
        assert [(one.verdict, one.click.link) for one in judged(story, as_of=NOW)] == [("pending", "1")]
        assert pending.score_tenths == 0

        seen = NOW + 2_000
        path = where.removeprefix("https://acme.example")
        both = [page(path, seen), engaged(path, seen, dwell_ms=6_000)]
        _, effects = visited([facts(one, delivery(at=seen + 6_000, agent=BROWSER)) for one in both])
        card = story.hears(*effects.touches)
        assert [one.verdict for one in judged(story, as_of=seen + 6_000)] == ["human"]
        assert (card.score_tenths > 0, card.stage, card.mail is not None and card.mail.clicked_at) == (
            True, "nurture", NOW,
        )  # fmt: skip

        await get(d, made.unsubscribe)  # a gateway looks at it
        await get(d, made.unsubscribe, method="HEAD")
        assert len(d.touches()) == 1
        for _ in range(2):
            assert (await d.http.post(path_of(made.unsubscribe))).status_code == 200
        card = story.hears(*(await written(d, 3))[1:])
        assert card.mail is not None
        assert card.mail.unsubscribed_at == NOW


async def test_row_37_every_link_at_delivery_is_a_machine_s_and_loses_points_that_it_had() -> None:
    async with desk(mail=mail_settings()) as d:
        made = sent("https://acme.example/a", "https://acme.example/b", lead_id=ANN)
        await get(d, made.links[0])
        first = await written(d, 1)
        story = LeadStory()
        card = story.hears(browser(did(), offset=1, as_of=NOW), *first, Tick(to=ANN, at=NOW + 15 * MINUTE))
        assert card.score_tenths == 10  # probably a person
        await get(d, made.links[1])
        card = story.hears(*(await written(d, 2)))
        assert [one.verdict for one in judged(story, as_of=NOW + 15 * MINUTE)] == ["machine", "machine"]
        assert card.score_tenths == 0

        alone = LeadStory()
        delivered = mailed("delivered", NOW - 1_500, message="spring-1")
        alone.hears(browser(did(), offset=1, as_of=NOW), delivered, *first, Tick(to=ANN, at=NOW + 15 * MINUTE))
        found = judged(alone, as_of=NOW + 15 * MINUTE)
        assert [(one.verdict, one.reason) for one in found] == [("machine", "right after delivery")]


async def test_row_38_opens_give_nothing() -> None:
    async with desk(mail=mail_settings()) as d:
        for number in range(8):
            await get(d, sent(lead_id=ANN, message_id=f"m{number}").pixel)
        card: LeadCard = LeadStory().hears(browser(did(), offset=1, as_of=NOW), *(await written(d, 8)))
        assert card.score_tenths == 0
