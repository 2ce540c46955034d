"""Limits per network where no key is needed: links lead on, pixels answer, webhooks come again, no demand is lost."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from producers.collector.door.knocks import Knocks
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.collector.mail.together import Together
from producers.collector.protocols.pixels import GIF
from producers.errors import Limited
from producers.mail.pixel import Seen
from producers.metrics import REGISTRY
from producers.settings import LimitSettings
from producers.sinks.memory import MemorySink
from tests.unit.producers.desk import Desk, desk, page, until
from tests.unit.producers.mail_door import POSTMARK, door
from tests.unit.producers.mail_knocks import sendgrid, sendgrid_headers
from tests.unit.producers.mails import BROWSER, mail_settings, path_of, sent

OFFICE, HOME = {"x-forwarded-for": "198.41.0.4"}, {"x-forwarded-for": "198.41.1.4"}
TIGHT = LimitSettings(network_events_per_s=0.001, network_burst=3)


def left_out(kind: str) -> float:
    return REGISTRY.get_sample_value("leadstream_collector_mail_left_out_total", {"kind": kind}) or 0.0


def limited(by: str) -> float:
    return REGISTRY.get_sample_value("leadstream_collector_limited_total", {"by": by}) or 0.0


def dropped() -> float:
    return sum(one.value for metric in REGISTRY.collect() for one in metric.samples
               if one.name == "leadstream_collector_dropped_total")  # fmt: skip


async def get(d: Desk, url: str, *, at: dict[str, str] = OFFICE, method: str = "GET") -> httpx.Response:
    return await d.http.request(method, path_of(url), headers={"user-agent": BROWSER, **at})


# ─── links and pixels
async def test_beyond_its_rate_a_link_leads_on_and_what_is_left_out_is_counted_exactly() -> None:
    before = left_out("clicked"), dropped()
    async with desk(mail=mail_settings(), limits=TIGHT, proxy_hops=1) as d:
        url = sent("https://acme.example/p").links[0]
        answers = [await get(d, url) for _ in range(10)]
        await until(lambda: len(d.touches()) == 3)
        assert {one.status_code for one in answers} == {302}
        assert all(one.headers["location"].startswith("https://acme.example/p?ls_click=") for one in answers)
        assert len({one.headers["location"] for one in answers}) == 10
        assert (left_out("clicked"), dropped()) == (before[0] + 7, before[1])
        await get(d, url, at=HOME)
        await until(lambda: len(d.touches()) == 4)
        assert left_out("clicked") == before[0] + 7, "another network has a rate of its own"


async def test_beyond_its_rate_a_pixel_still_answers_its_picture_and_is_written_when_there_is_room() -> None:
    before = left_out("opened")
    async with desk(mail=mail_settings(), limits=TIGHT, proxy_hops=1) as d:
        for _ in range(3):
            await get(d, sent().links[0])
        answers = [await get(d, sent().pixel) for _ in range(2)]
        assert [(one.status_code, one.content) for one in answers] == [(200, GIF)] * 2
        assert left_out("opened") == before + 2
        await get(d, sent().pixel, at=HOME)
        await until(lambda: len(d.touches()) == 4)
        assert [one.kind for one in d.touches()].count("opened") == 1, "what was left out did not count as told"
        await get(d, sent().pixel)
        assert left_out("opened") == before + 2, "a copy of what was told is not left out: nobody would have written it"


async def test_what_is_not_written_costs_nothing() -> None:
    """Bad links, looks at a page, HEAD of a pixel and copies: no token, so the click behind them is written."""
    async with desk(mail=mail_settings(), limits=TIGHT, proxy_hops=1) as d:
        await get(d, sent().pixel)
        for _ in range(9):
            assert (await get(d, "/m/c/bad")).status_code == 404
            assert (await get(d, "/m/o/bad.gif")).content == GIF
            assert (await get(d, sent().unsubscribe)).status_code == 200
            await get(d, sent().pixel)
            await get(d, sent(message_id="other").pixel, method="HEAD")
        for _ in range(2):
            await get(d, sent().links[0])
        await until(lambda: len(d.touches()) == 3)


async def test_a_network_s_links_and_its_events_do_not_use_up_each_other() -> None:
    async with desk(mail=mail_settings(), limits=TIGHT, proxy_hops=1) as d:
        for number in range(3):
            assert (await d.batch(page(number), **OFFICE)).status_code == 200
        assert (await d.batch(page(4), **OFFICE)).status_code == 429
        await get(d, sent().links[0])
        await until(d.touches)


@pytest.mark.parametrize("at", [{"x-forwarded-for": "10.0.0.1"}, {}])
async def test_people_in_the_house_have_no_network(at: dict[str, str]) -> None:
    async with desk(mail=mail_settings(), limits=TIGHT, proxy_hops=1) as d:
        for number in range(9):
            await get(d, sent(message_id=str(number)).pixel, at=at)
        await until(lambda: len(d.touches()) == 9)


def test_what_was_not_written_takes_back_one_and_not_all() -> None:
    seen = Seen(each=3)
    assert [seen.is_new("a") for _ in range(4)] == [True, True, True, False]
    seen.forget("a")
    assert [seen.is_new("a"), seen.is_new("a")] == [True, False]
    for _ in range(5):
        seen.forget("a")
    assert [seen.is_new("a") for _ in range(4)] == [True, True, True, False]


# ─── unsubscribing
async def test_no_limit_refuses_who_wants_to_be_left_alone() -> None:
    tight = LimitSettings(network_events_per_s=0.001, network_burst=1, requests_at_once=1)
    async with desk(mail=mail_settings(), limits=tight, proxy_hops=1) as d:
        for number in range(20):
            await get(d, sent(message_id=str(number)).links[0])
        urls = [sent(message_id=str(number)).unsubscribe for number in range(20)]
        answers = await asyncio.gather(*(get(d, url, method="POST") for url in urls))
        assert {one.status_code for one in answers} == {200}
        told = [one.message_id for one in d.touches() if one.kind == "unsubscribed"]
        assert sorted(told) == sorted(str(number) for number in range(20))


async def test_a_flood_of_one_demand_is_two_writes_and_each_is_answered_when_it_is_safe() -> None:
    sink = MemorySink(held=True)
    async with desk(sink, mail=mail_settings()) as d:
        url = sent().unsubscribe
        first = asyncio.create_task(get(d, url, method="POST"))
        await until(lambda: sink.waiting)
        rest = [asyncio.create_task(get(d, url, method="POST")) for _ in range(99)]
        sink.acknowledge()
        assert (await first).status_code == 200
        await until(lambda: sink.waiting)
        assert not any(one.done() for one in rest), "theirs is not safe yet"
        sink.acknowledge()
        assert {(await one).status_code for one in rest} == {200}
        assert len(d.touches()) == 2


async def test_a_demand_that_cannot_be_made_safe_says_so_and_the_next_one_is_written() -> None:
    sink = MemorySink(held=True)
    async with desk(sink, mail=mail_settings()) as d:
        url = sent().unsubscribe
        first = asyncio.create_task(get(d, url, method="POST"))
        await until(lambda: sink.waiting)
        second = asyncio.create_task(get(d, url, method="POST"))
        sink.fail("away")
        assert (await first).status_code == 503
        await until(lambda: sink.waiting)
        sink.acknowledge()
        assert (await second).status_code == 200
        third = asyncio.create_task(get(d, url, method="POST"))  # they had come back meanwhile, and change their mind
        await until(lambda: sink.waiting)
        sink.acknowledge()
        assert ((await third).status_code, len(d.touches())) == (200, 2)


async def test_who_leaves_before_the_answer_has_still_demanded() -> None:
    begun, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    both = Together()

    async def write() -> None:
        begun.set()
        await go.wait()
        done.set()

    gone = asyncio.create_task(both.write(("a",), write))
    await begun.wait()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    go.set()
    await both.write(("a",), write)
    assert done.is_set()


async def test_names_do_not_wait_for_each_other_and_nothing_is_kept_of_what_is_done() -> None:
    both, go = Together(), asyncio.Event()

    async def held() -> None:
        await go.wait()

    async def quick() -> None:
        return

    slow = asyncio.create_task(both.write(("a",), held))
    await both.write(("b",), quick)
    go.set()
    await slow
    assert (both._begun, both._next) == ({}, {})


# ─── webhooks
async def test_who_proves_nothing_is_429_with_retry_after_before_a_signature_is_checked() -> None:
    before = limited("network")
    async with door(limits=TIGHT) as d:
        answers = [await d.http.post("/v1/mail/postmark", content=b"{}", headers=OFFICE) for _ in range(5)]
        assert [one.status_code for one in answers] == [401, 401, 401, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
        assert answers[-1].json()["reason"] == "rate"
        assert limited("network") == before + 2
        good = await d.http.post("/v1/mail/postmark", content=b"[]", headers=OFFICE, auth=POSTMARK)
        assert good.status_code == 429, "nobody can tell before the proof was looked at: it comes again"
        there = await d.http.post("/v1/mail/postmark", content=b"[]", headers=HOME, auth=POSTMARK)
        assert there.status_code == 200


async def test_a_provider_does_not_run_dry_by_what_it_proves() -> None:
    async with door(limits=TIGHT) as d:
        for number in range(20):
            said = [sendgrid("bounce", number)]
            body = httpx.Request("POST", "http://c", json=said).content
            answer = await d.http.post("/v1/mail/sendgrid", content=body, headers=sendgrid_headers(body) | OFFICE)
            assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


async def test_of_one_network_so_many_webhooks_come_in_at_once() -> None:
    told = LimitSettings(requests_at_once=2)
    knocks = Knocks(NetworkRate(told, of="mail_webhooks"), Limits(told), hops=1)
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def request(address: str) -> Request:
        headers = [(b"x-forwarded-for", address.encode())]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "client": ("127.0.0.1", 1)}
        return Request(scope, coming.get)

    held = [asyncio.create_task(knocks.body_of(request("198.41.0.4"))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Limited, match="at once") as error:
        await knocks.body_of(request("198.41.0.5"))
    assert error.value.after_s == 1
    elsewhere = asyncio.create_task(knocks.body_of(request("198.41.1.4")))
    for _ in range(3):
        coming.put_nowait({"type": "http.request", "body": b"{}", "more_body": False})
    assert await asyncio.gather(*held, elsewhere) == [b"{}"] * 3


def test_rates_are_remembered_within_a_bound_and_come_back_with_time() -> None:
    now = [0.0]
    told = LimitSettings(network_events_per_s=0.1, network_burst=2, kept=16)
    rate = NetworkRate(told, of="mail_links", clock=lambda: now[0])
    assert [rate.pay("a") for _ in range(4)] == [0, 0, 10, 10]
    now[0] = 10.0
    assert [rate.pay("a"), rate.pay("a")] == [0, 10]
    rate.refund("a")
    rate.refund("never seen")
    assert rate.pay("a") == 0
    for number in range(100):
        rate.pay(str(number))
    assert REGISTRY.get_sample_value("leadstream_collector_limits_kept", {"of": "mail_links"}) == 16
