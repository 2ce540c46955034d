"""Pixels: events in a query, and one GIF as the answer to everything."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from producers.collector.protocols.pixels import GIF
from producers.metrics import REGISTRY
from producers.settings import SpoolSettings
from producers.sinks.memory import MemorySink
from schemas.rejected import Reason
from tests.unit.producers.desk import Desk, desk, until

PAGE = {
    "writeKey": "wk_site",
    "anonymousId": "browser-1",
    "messageId": "m1",
    "name": "Pricing",
    "properties.plan": "pro",
    "context.page.url": "https://www.planwerk.example/pricing?utm_source=nl",
}
PIXEL = "/pixel/v1/page?" + urlencode(PAGE)


def packed(event: dict[str, Any], *, kind: str = "track") -> str:
    return f"/v1/pixel/{kind}?data={quote(b64encode(json.dumps(event).encode()).decode())}"


def counted(status: str) -> float:
    found = REGISTRY.get_sample_value("leadstream_collector_requests_total", {"route": "pixel", "status": status})
    return found or 0.0


def dropped() -> float:
    found = REGISTRY.get_sample_value("leadstream_collector_dropped_total", {"reason": "spool_full"})
    return found or 0.0


async def test_a_name_with_dots_is_a_place_in_the_event() -> None:
    async with desk() as d:
        await d.http.get(PIXEL)
        [event] = d.events()
        [delivery] = d.deliveries()
    assert event == {
        "type": "page", "writeKey": "wk_site", "anonymousId": "browser-1", "messageId": "m1", "name": "Pricing",
        "properties": {"plan": "pro"},
        "context": {"page": {"url": "https://www.planwerk.example/pricing?utm_source=nl"}},
    }  # fmt: skip
    assert (delivery.source, delivery.trust, delivery.ip) == ("site", "claimed", "127.0.0.0")


@pytest.mark.parametrize("encoded", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
async def test_data_is_base64_of_the_event(encoded: Any, padded: bool) -> None:
    sent = {"writeKey": "wk_site", "anonymousId": "b", "event": "Opened", "properties": {"text": "~~ü?>?>>>"}}
    data = encoded(json.dumps(sent, ensure_ascii=False).encode()).decode()
    async with desk() as d:
        await d.http.get("/v1/pixel/track?data=" + quote(data if padded else data.rstrip("=")))
        assert d.events() == [sent | {"type": "track"}]


async def test_a_plus_that_nobody_escaped_is_a_plus() -> None:
    data = b64encode(json.dumps({"writeKey": "wk_site", "anonymousId": "b", "event": "~~~>>>"}).encode()).decode()
    assert "+" in data
    async with desk() as d:
        await d.http.get("/v1/pixel/track?data=" + data)
        assert [event["event"] for event in d.events()] == ["~~~>>>"]


BAD = [
    pytest.param("/pixel/v1/page", "401", id="no query"),
    pytest.param("/pixel/v1/page?writeKey=nobody&anonymousId=a", "401", id="an unknown key"),
    pytest.param("/pixel/v1/page?writeKey=sk_crm&anonymousId=a", "403", id="a server key, which everybody sees"),
    pytest.param("/pixel/v1/track?writeKey=wk_site&" + "a=1&" * 2_000, "413", id="2,000 fields"),
    pytest.param("/v1/pixel/track?data=!", "400", id="not base64"),
    pytest.param("/v1/pixel/track?data=" + b64encode(b"hello").decode(), "400", id="not JSON"),
    pytest.param("/v1/pixel/track", "400", id="no data"),
    pytest.param(packed({"event": "x"}), "401", id="no key"),
]


@pytest.mark.parametrize(("path", "status"), BAD)
async def test_the_answer_is_the_same_whatever_became_of_it(path: str, status: str) -> None:
    async with desk() as d:
        good = await d.http.get(PIXEL)
        before = counted(status)
        answer = await d.http.get(path)
    assert (answer.status_code, answer.content, answer.headers) == (200, GIF, good.headers)
    assert (len(GIF), answer.headers["content-type"]) == (43, "image/gif")
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(d.events()) == 1
    assert counted(status) == before + 1


async def test_what_names_nobody_is_kept_among_the_rejected() -> None:
    async with desk() as d:
        assert (await d.http.get("/pixel/v1/track?writeKey=wk_site&event=Opened")).content == GIF
        assert [one.reason for one in d.rejected()] == [Reason.NO_ID]


async def test_a_full_spool_still_shows_the_gif_and_counts_what_was_dropped(tmp_path: Any) -> None:
    """F13: the counter says exactly how many events are missing."""
    sink = MemorySink()
    text = "x" * 7_000
    async with desk(sink, spool=SpoolSettings(directory=tmp_path / "spool", max_bytes=1 << 20)) as d:
        await d.http.get("/readyz")
        sink.down = "no broker"
        before, shown = dropped(), 0
        while dropped() == before:
            assert (await d.http.get(f"{PIXEL}&properties.text={text}")).content == GIF
            shown += 1
        for _ in range(3):
            assert (await d.http.get(f"{PIXEL}&properties.text={text}")).content == GIF
        sink.down = ""
        await until(lambda: not d.collector.intake.sink.detour())
        assert len(d.events()) == shown + 3 - (dropped() - before)


@pytest.mark.parametrize("query", ["name=%ff%fe&title=%C3", "name=\udcff"])
async def test_row_07_what_is_not_utf_8_in_a_pixel_is_replaced(query: str) -> None:
    async with desk() as d:
        raw = f"writeKey=wk_site&anonymousId=a&{query}".encode(errors="surrogateescape")
        assert await _raw(d, raw) == (200, GIF)
        [event] = d.events()
    assert event["name"].strip("\ufffd") == ""


async def test_row_07_what_is_not_utf_8_in_the_data_of_a_pixel_is_replaced() -> None:
    data = b64encode(b'{"writeKey":"wk_site","anonymousId":"a","event":"\xff"}').decode()
    async with desk() as d:
        assert (await d.http.get(f"/v1/pixel/track?data={data}")).content == GIF
        assert [event["event"] for event in d.events()] == ["\ufffd"]


async def test_row_10_names_that_poison_objects_are_dropped() -> None:
    bad = "__proto__.admin=1&constructor.prototype.x=1&properties.__proto__.y=1&properties.ok=1"
    async with desk() as d:
        await d.http.get(f"/pixel/v1/track?writeKey=wk_site&anonymousId=a&event=x&{bad}")
        [event] = d.events()
    assert event["properties"] == {"ok": "1"}
    assert "__proto__" not in event
    assert "constructor" not in event


@pytest.mark.parametrize("query", ["a.b=1&a=2", "a=2&a.b=1", "a." * 3_000 + "z=1", "...=1", ".=1&a..b=2", "=1"])
async def test_names_that_contradict_each_other_or_have_no_end_do_no_harm(query: str) -> None:
    async with desk() as d:
        assert (await d.http.get(f"/pixel/v1/track?writeKey=wk_site&anonymousId=a&event=x&{query}")).content == GIF
        assert len(d.events()) + len(d.rejected()) == 1


@pytest.mark.parametrize("path", [PIXEL, "/pixel/v1/page?x=%0d%0aSet-Cookie:%20a=b", "/v1/pixel/track?data=%0d%0aX:1"])
async def test_row_20_nothing_of_a_query_comes_back_as_a_header(path: str) -> None:
    async with desk() as d:
        plain, answer = await d.http.get("/pixel/v1/page"), await d.http.get(path)
    assert answer.headers == plain.headers


@pytest.mark.parametrize("path", ["/pixel/v1/track", "/pixel/v1/page", "/v1/pixel/identify"])
async def test_row_21_another_method_on_a_pixel_is_405_and_head_is_not_counted(path: str) -> None:
    async with desk() as d:
        for method in ("POST", "PUT", "DELETE"):
            refused = await d.http.request(method, path)
            assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        before = counted("200")
        head = await d.http.head(PIXEL)
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "43")
        assert (d.sink.records, counted("200")) == ([], before)


@pytest.mark.parametrize("path", ["//pixel/v1/page", "/pixel/v1/%2e%2e/page", "/pixel//v1/page", "/pixel/v1/page/../x"])
async def test_row_21_paths_with_tricks_are_404(path: str) -> None:
    async with desk() as d:
        assert (await _raw(d, PIXEL.partition("?")[2].encode(), path=path))[0] == 404
        assert d.sink.records == []


async def test_row_25_a_script_may_read_a_pixel_from_an_origin_that_may_send() -> None:
    async with desk(cors_origins=("https://site.example",)) as d:
        good = await d.http.get(PIXEL, headers={"origin": "https://site.example"})
        bad = await d.http.get(PIXEL, headers={"origin": "https://evil.example"})
        assert len(d.events()) == 1
    assert good.headers["access-control-allow-origin"] == "https://site.example"
    assert (bad.status_code, bad.content, "access-control-allow-origin" in bad.headers) == (200, GIF, False)


async def _raw(d: Desk, query: bytes, *, path: str = "/pixel/v1/page") -> tuple[int, bytes]:
    """A GET whose bytes no client has tidied up."""
    sent: list[Any] = []

    async def nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query, "headers": [],
        "client": ("203.0.113.9", 1), "root_path": "", "scheme": "http", "http_version": "1.1",
        "server": ("collector", 80),
    }  # fmt: skip
    await d.collector(scope, nothing, send)
    return sent[0]["status"], sent[1]["body"]
