"""Links, pixels and unsubscribing at the collector, in this process: what is written, what readers hear."""

import asyncio
from typing import Any

import pytest

from producers.collector.protocols.pixels import GIF
from producers.errors import SinkUnavailable
from producers.mail.unsubscribe import page
from producers.sinks.memory import MemorySink
from schemas.touches import MailEvent
from streams.core.events.click_ids import click_id_in, lead_of_click
from tests.unit.producers.desk import NOW, Desk, desk, until
from tests.unit.producers.mails import ANN, BROWSER, mail_settings, path_of, sent

AGENT = {"user-agent": BROWSER}


class Silent(MemorySink):
    """Kafka takes records and says nothing."""

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().create_future()


class Away(MemorySink):
    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_exception(SinkUnavailable("away"))
        return future


async def get(d: Desk, url: str, *, method: str = "GET", **headers: str) -> Any:
    return await d.http.request(method, path_of(url), headers=AGENT | headers)


async def test_a_click_is_written_with_what_a_verdict_needs_and_leads_where_it_was_signed_to() -> None:
    async with desk(mail=mail_settings(), proxy_hops=1) as d:
        made = sent("https://acme.example/p?a=1#top", program_id="spring")
        answer = await get(d, made.links[0], **{"x-forwarded-for": "203.0.113.9"})
        await until(d.touches)
        (event,) = d.touches()
    where = answer.headers["location"]
    assert (answer.status_code, where) == (302, f"https://acme.example/p?a=1&ls_click={event.click_id}#top")
    assert (answer.headers["referrer-policy"], "no-store" in answer.headers["cache-control"]) == ("no-referrer", True)
    assert click_id_in(where) == event.click_id
    assert lead_of_click(event.click_id) == ANN
    assert event == MailEvent(
        to=ANN, kind="clicked", mail_event_id=event.mail_event_id, message_id="spring-1", at=NOW, link="1",
        click_id=event.click_id, ip="203.0.0.0", user_agent=BROWSER, program_id="spring",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "headers", "sign"),
    [
        ("GET", {}, ""), ("HEAD", {}, "head"), ("GET", {"user-agent": ""}, "no_user_agent"),
        ("GET", {"sec-purpose": "prefetch;prerender"}, "prefetch"), ("GET", {"purpose": "prefetch"}, "prefetch"),
        ("GET", {"x-moz": "prefetch"}, "prefetch"),
    ],
)  # fmt: skip
async def test_a_machine_that_shows_itself_is_led_on_and_marked(
    method: str, headers: dict[str, str], sign: str
) -> None:
    async with desk(mail=mail_settings()) as d:
        answer = await get(d, sent().links[0], method=method, **headers)
        await until(d.touches)
        assert (answer.status_code, [one.sign for one in d.touches()]) == (302, [sign])


async def test_each_click_has_an_id_of_its_own_and_a_flood_of_one_link_is_not_written() -> None:
    async with desk(mail=mail_settings()) as d:
        url = sent().links[0]
        answers = [await get(d, url) for _ in range(100)]
        assert {one.status_code for one in answers} == {302}
        assert len({one.headers["location"] for one in answers}) == 100
        await until(lambda: len(d.touches()) == 32)
        await get(d, url, method="HEAD")
        await until(lambda: len(d.touches()) == 33)
        assert len({one.mail_event_id for one in d.touches()}) == 33


@pytest.mark.parametrize("sink", [Silent, Away])
async def test_a_reader_is_led_on_at_once_whatever_kafka_does(sink: type[MemorySink]) -> None:
    async with desk(sink(), mail=mail_settings()) as d, asyncio.timeout(10):
        assert (await get(d, sent().links[0])).status_code == 302
        assert (await get(d, sent().pixel)).content == GIF


@pytest.mark.parametrize("path", ["/m/c/new.a.b", "/m/c/x", "/m/u/new.a.b", "/m/u/x"])
async def test_row_35_a_link_that_is_not_ours_is_a_clear_page_and_leads_nowhere(path: str) -> None:
    async with desk(mail=mail_settings()) as d:
        for method in ("GET", "HEAD"):
            answer = await get(d, path, method=method, **{"accept-language": "ko"})
            assert (answer.status_code, answer.headers.get("location")) == (404, None)
        assert (await get(d, path)).content == page("bad_link", "en")
        assert (await d.http.get(path, headers={"accept-language": "ko-KR"})).content == page("bad_link", "ko")
        assert d.sink.records == []


async def test_without_keys_every_link_is_a_bad_one() -> None:
    async with desk() as d:
        made = sent()
        assert [(await get(d, url)).status_code for url in (*made.links, made.unsubscribe)] == [404, 404]
        assert (await get(d, made.pixel)).content == GIF


async def test_row_38_a_pixel_is_always_the_same_and_writes_one_open_for_each_message() -> None:
    async with desk(mail=mail_settings()) as d:
        url = sent().pixel
        answers = [await get(d, url) for _ in range(200)]
        answers += [await get(d, bad) for bad in ("/m/o/x.gif", "/m/o/new.a.b.gif", url.replace("new.", "old."))]
        assert {(one.status_code, one.content, str(sorted(one.headers.items()))) for one in answers} == {
            (200, GIF, str(sorted(answers[0].headers.items())))
        }
        assert {"no-store", "no-cache", "must-revalidate", "private"} == set(
            answers[0].headers["cache-control"].split(", ")
        )
        assert (await get(d, sent(message_id="other").pixel, method="HEAD")).content == b""
        await until(d.touches)
        assert [(one.kind, one.mail_event_id) for one in d.touches()] == [("opened", "open:spring-1")]


async def test_an_open_that_was_not_safe_is_told_by_the_next() -> None:
    sink = Away()
    async with desk(sink, mail=mail_settings()) as d:
        await get(d, sent().pixel)
        sink.write = MemorySink.write.__get__(sink)  # type: ignore[method-assign]

        async def told() -> None:
            while not d.touches():
                await get(d, sent().pixel)

        await asyncio.wait_for(told(), 20)


async def test_row_37_only_a_post_unsubscribes() -> None:
    async with desk(mail=mail_settings()) as d:
        url = sent().unsubscribe
        asked = await get(d, url)
        assert (asked.status_code, asked.content) == (200, page("ask", "en"))
        assert (await get(d, url, method="HEAD")).status_code == 200
        assert (await get(d, url, **{"accept-language": "ko"})).content == page("ask", "ko")
        assert d.sink.records == []
        for body in (b"List-Unsubscribe=One-Click", b"", b"x" * 100):
            done = await d.http.post(path_of(url), content=body)
            assert (done.status_code, done.content) == (200, page("done", "en"))
        assert [(one.to, one.kind, one.mail_event_id) for one in d.touches()] == [
            (ANN, "unsubscribed", "unsubscribe:spring-1")
        ] * 3
        assert "set-cookie" not in done.headers
        assert "form-action 'self'" in done.headers["content-security-policy"]


async def test_who_cannot_be_unsubscribed_now_is_told_to_come_again() -> None:
    async with desk(Away(), mail=mail_settings()) as d:
        answer = await d.http.post(path_of(sent().unsubscribe), content=b"List-Unsubscribe=One-Click")
        assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, page("again", "en"), "2")
