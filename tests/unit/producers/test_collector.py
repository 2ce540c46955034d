"""The collector over ASGI, on a sink in memory."""

import asyncio
import gzip
import json
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from producers.sinks.memory import MemorySink
from schemas.rejected import Reason
from schemas.topics import partition_of
from tests.unit.producers.crm_knocks import crm_settings, hubspot_headers
from tests.unit.producers.desk import NOW, desk, page, until

OK = {"success": True, "ok": True, "status": 1}
BATCH = json.dumps({"batch": [page()], "writeKey": "wk_site"}).encode()


def basic(key: str) -> str:
    return "Basic " + b64encode(key.encode()).decode()


@pytest.mark.parametrize("prefix", ["/v1", ""])
@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
async def test_one_event_is_taken_on_its_route_by_name_and_by_letter(prefix: str, kind: str) -> None:
    body = {"anonymousId": "browser-1", "messageId": "m1", "event": "x", "writeKey": "wk_site"}
    async with desk() as d:
        for path in (kind, kind[0], f"{kind}/"):
            answer = await d.http.post(f"{prefix}/{path}", json=body)
            assert (answer.status_code, answer.json()) == (200, OK)
        assert [event["type"] for event in d.events()] == [kind] * 3


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/batch", "/b"])
async def test_a_batch_keeps_the_bytes_of_its_events(path: str) -> None:
    raw = '{ "type":"page",  "messageId":"m1","anonymousId":"browser-1", "é":[1.50, "☕"] }'
    async with desk() as d:
        answer = await d.http.post(path, content=f'{{"batch":[{raw}],"writeKey":"wk_site"}}'.encode())
        assert answer.json() == OK
        assert bytes(d.deliveries()[0].events[0]) == raw.encode()


async def test_a_delivery_is_stamped() -> None:
    body = {"batch": [page()], "writeKey": "wk_site", "sentAt": "2026-11-21T09:16:09.500Z", "ip": "198.51.100.7"}
    async with desk() as d:
        await d.http.post("/v1/batch", json=body, headers={"user-agent": "Browser/1"})
        [delivery] = d.deliveries()
    assert (delivery.received_at, delivery.sent_at) == (NOW, NOW - 500)
    assert (delivery.source, delivery.trust, delivery.user_agent) == ("site", "claimed", "Browser/1")
    assert delivery.ip == "127.0.0.0"


async def test_a_server_key_proves_and_its_address_says_nothing() -> None:
    async with desk() as d:
        await d.http.post("/v1/track", json=page(event="x"), auth=("sk_crm", ""))
        [delivery] = d.deliveries()
    assert (delivery.source, delivery.trust, delivery.ip) == ("crm", "proven", None)


async def test_events_lie_in_the_partition_of_their_visitor() -> None:
    async with desk() as d:
        await d.batch(*(page(n, anonymousId=f"browser-{n}") for n in range(20)))
        records = d.sink.records
    assert {record.key for record in records} == {None}
    for record in records:
        for delivery in json.loads(record.value):
            wanted = {partition_of(event["anonymousId"], 4) for event in delivery["events"]}
            assert wanted == {record.partition}
    assert len(records) == 4


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(page(2, type="click"), Reason.UNKNOWN_TYPE, id="unknown type"),
        pytest.param({"messageId": "m2", "anonymousId": "a"}, Reason.UNKNOWN_TYPE, id="no type"),
        pytest.param({"type": "page", "messageId": "m2"}, Reason.NO_ID, id="nobody"),
        pytest.param(page(2, anonymousId="null", userId="undefined"), Reason.NO_ID, id="placeholders"),
        pytest.param(page(2, anonymousId="x" * 129), Reason.NO_ID, id="an id too long"),
        pytest.param(page(2, anonymousId={"a": 1}), Reason.SCHEMA, id="an object as id"),
        pytest.param("just text", Reason.SCHEMA, id="a text"),
        pytest.param(page(2, properties={"text": "x" * 33_000}), Reason.TOO_LARGE, id="33 KB"),
        pytest.param(page(2, properties=json.loads("[" * 17 + "]" * 17)), Reason.DEPTH, id="too deep"),
        pytest.param(page(2, properties={"n": float("nan")}), Reason.NUMBER, id="NaN"),
    ],
)
async def test_a_bad_event_is_kept_and_its_neighbours_live(bad: Any, reason: Reason) -> None:
    async with desk() as d:
        body = json.dumps({"batch": [page(1), bad, page(3)], "writeKey": "wk_site"})
        answer = await d.http.post("/v1/batch", content=body)
        assert (answer.status_code, answer.json()) == (200, OK)
        assert [event["messageId"] for event in d.events()] == ["m1", "m3"]
        [kept] = d.rejected()
    assert (kept.reason, kept.source, kept.at, kept.offset) == (reason, "site", NOW, None)
    assert kept.envelope is not None
    assert (kept.envelope.received_at, kept.envelope.trust) == (NOW, "claimed")
    assert kept.raw == (b"" if reason is Reason.TOO_LARGE else json.dumps(bad).encode())


async def test_brackets_in_strings_are_no_depth() -> None:
    async with desk() as d:
        await d.batch(page(properties={"text": '[[[[[[[[[["[[[[[[[[[[[{{{{{{{{{{'}))
        assert (len(d.events()), d.rejected()) == (1, [])


async def test_half_an_emoji_becomes_a_replacement_character() -> None:
    body = '{"batch":[{"type":"page","messageId":"m1","anonymousId":"b","t":"\\ud83d \\\\ud83d \\ud83d\\ude00"}]}'
    async with desk() as d:
        answer = await d.http.post("/v1/batch?writeKey=wk_site", content=body)
        assert answer.status_code == 200
        [event] = d.events()
    assert event["t"] == "\ufffd \\ud83d 😀"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "json"), (b"null", "json"), (b"12", "json"), (b'"text"', "json"), (b'{"batch":[{"type":"pa', "json"),
        (b'{"batch":[\xff\xfe]}', "json"), ("{}".encode("utf-16"), "json"), (b"hello there", "json"),
        (b'{"batch":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "depth"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_400(body: bytes, reason: str) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=body, headers={"x-write-key": "wk_site"})
        assert (answer.status_code, answer.json()["reason"], answer.json()["success"]) == (400, reason, False)
        assert d.sink.records == []


@pytest.mark.parametrize("body", [b"[]", b'{"batch":[]}', b"\xef\xbb\xbf[]", b" [ ] "])
async def test_nothing_is_fine_too(body: bytes) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=body, headers={"x-write-key": "wk_site"})
        assert (answer.status_code, answer.json(), d.sink.records) == (200, OK, [])


@pytest.mark.parametrize("body", [b'{"batch":3}', b'{"type":"page"}'])
async def test_json_without_a_batch_is_kept_whole(body: bytes) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=body, headers={"x-write-key": "wk_site"})
        assert answer.status_code == 200
        assert [(one.reason, one.raw) for one in d.rejected()] == [(Reason.SCHEMA, body)]


@pytest.mark.parametrize(
    "encoding", [pytest.param({"content-encoding": "gzip"}, id="header"), pytest.param({}, id="no header")]
)
async def test_gzip_is_known_by_its_bytes(encoding: dict[str, str]) -> None:
    headers = encoding | {"content-type": "application/x-www-form-urlencoded"}
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=gzip.compress(BATCH), headers=headers)
        assert (answer.status_code, len(d.events())) == (200, 1)


def bomb() -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(stream.compress(bytes(1 << 20)) for _ in range(100)) + stream.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "status", "reason"),
    [
        pytest.param(gzip.compress(BATCH)[:-12], "gzip", 400, "gzip", id="cut off"),
        pytest.param(gzip.compress(BATCH)[:-8] + bytes(8), "gzip", 400, "gzip", id="wrong checksum"),
        pytest.param(BATCH, "gzip", 400, "gzip", id="a header without gzip"),
        pytest.param(gzip.compress(BATCH) * 2, "gzip", 400, "multi_member", id="two members"),
        pytest.param(gzip.compress(b"") * 10_000, "gzip", 400, "multi_member", id="10,000 empty members"),
        pytest.param(gzip.compress(gzip.compress(BATCH)), "gzip, gzip", 415, "encoding", id="gzip in gzip"),
        pytest.param(BATCH, "br", 415, "encoding", id="br"),
        pytest.param(bomb(), "gzip", 413, "too_large", id="a bomb of 100 MB"),
        pytest.param(b"[" + b" " * 600_000 + b"]", "", 413, "too_large", id="600 KB"),
        pytest.param(b"[" + b" " * 515_000 + b"]", "", 413, "too_large", id="503 KB"),
    ],
)
async def test_bad_or_big_encodings_are_refused(body: bytes, encoding: str, status: int, reason: str) -> None:
    async with desk() as d:
        headers = {"x-write-key": "wk_site"} | ({"content-encoding": encoding} if encoding else {})
        answer = await d.http.post("/v1/batch", content=body, headers=headers)
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (status, reason, [])


async def test_501_events_are_too_many() -> None:
    async with desk() as d:
        assert (await d.batch(*(page(n) for n in range(500)))).status_code == 200
        answer = await d.batch(*(page(n) for n in range(501)))
        assert (answer.status_code, answer.json()["reason"]) == (413, "too_many_events")


@pytest.mark.parametrize(
    ("headers", "query", "in_body", "source"),
    [
        pytest.param({"authorization": basic("wk_site:")}, "", "nonsense", "site", id="Basic before the body"),
        pytest.param({"authorization": basic("id:secret:")}, "", None, "other", id="a key with a colon"),
        pytest.param({"x-write-key": "id:secret"}, "", "id:***", "other", id="X-Write-Key before a masked key"),
        pytest.param({}, "?writeKey=wk_site", "nonsense", "site", id="query before the body"),
        pytest.param({"authorization": "Bearer of-a-proxy"}, "", "wk_site", "site", id="a foreign Authorization"),
        pytest.param({}, "", "wk_site", "site", id="body"),
    ],
)
async def test_the_first_key_found_counts(
    headers: dict[str, str], query: str, in_body: str | None, source: str
) -> None:
    async with desk() as d:
        answer = await d.http.post(f"/v1/page{query}", json=page(writeKey=in_body), headers=headers)
        assert answer.status_code == 200
        assert [delivery.source for delivery in d.deliveries()] == [source]


@pytest.mark.parametrize(
    ("headers", "in_body"),
    [
        ({}, None),
        ({}, "wk_other"),
        ({"authorization": basic("wk_other:")}, "wk_site"),
        ({"authorization": "Basic %"}, ""),
    ],
)
async def test_an_unknown_key_is_401(headers: dict[str, str], in_body: str | None) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/page", json=page(writeKey=in_body), headers=headers)
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (401, "key", [])


async def test_a_server_key_in_a_page_is_403() -> None:
    async with desk() as d:
        answer = await d.http.post(
            "/v1/page", json=page(), auth=("sk_crm", ""), headers={"origin": "https://x.example"}
        )
        assert (answer.status_code, answer.json()["reason"]) == (403, "server_key_in_browser")


async def test_200_comes_only_after_every_acknowledgement() -> None:
    async with desk(MemorySink(held=True)) as d:
        posted = asyncio.create_task(d.batch(page(1), page(2, anonymousId="browser-2"), page(3, type="nonsense")))
        await until(lambda: d.sink.waiting == 3)  # two partitions and a rejected one
        for _ in range(20):
            await asyncio.sleep(0)
        assert not posted.done()
        d.sink.acknowledge()
        assert (await posted).json() == OK


async def test_what_kafka_loses_is_503_with_retry_after() -> None:
    async with desk(MemorySink(held=True)) as d:
        posted = asyncio.create_task(d.batch(page()))
        await until(lambda: d.sink.waiting)
        d.sink.fail("away")
        answer = await posted
        assert (answer.status_code, answer.headers["retry-after"], answer.json()["success"]) == (503, "2", False)


async def test_an_acknowledgement_that_does_not_come_is_503() -> None:
    async with desk(MemorySink(held=True), reply_timeout_s=0.05) as d:
        assert (await d.batch(page())).status_code == 503
        assert (await d.http.get("/readyz")).json()["failing"] == {"kafka": "Kafka does not acknowledge"}
        d.sink.acknowledge()
        await asyncio.sleep(0)
        assert (await d.http.get("/readyz")).status_code == 200


async def test_above_the_cap_of_outstanding_bytes_it_is_503() -> None:
    big = [page(n, anonymousId=f"b{n}", properties={"text": "x" * 30_000}) for n in range(16)]
    async with desk(MemorySink(held=True), outstanding_bytes=1 << 20) as d:
        posted = [asyncio.create_task(d.batch(*big)) for _ in range(3)]
        await until(lambda: d.sink.waiting >= 12)
        refused = await d.batch(page())
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        d.sink.held = False
        d.sink.acknowledge()
        assert [answer.status_code for answer in await asyncio.gather(*posted)] == [200] * 3
        assert (await d.batch(page())).status_code == 200


@pytest.mark.parametrize("path", ["/v1/p", "/batch", "/v1/crm/generic", "/v1/projects/x/settings", "/nowhere"])
async def test_a_preflight_is_echoed_on_every_path_without_a_key(path: str) -> None:
    asked = "authorization, x-retry-count"
    headers = {"origin": "https://site.example", "access-control-request-headers": asked}
    async with desk() as d:
        answer = await d.http.options(path, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://site.example"
    assert answer.headers["access-control-allow-headers"] == asked
    assert answer.headers["access-control-max-age"] == "7200"
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


async def test_replies_echo_the_origin_also_when_they_refuse() -> None:
    headers = {"origin": "https://site.example"}
    async with desk() as d:
        for answer in (await d.batch(page(), **headers), await d.http.post("/v1/batch", content=b"?", headers=headers)):
            assert answer.headers["access-control-allow-origin"] == "https://site.example"
            assert answer.headers["access-control-expose-headers"] == "Retry-After"


async def test_with_a_list_of_origins_others_are_403_and_those_listed_may_have_credentials() -> None:
    async with desk(cors_origins=("https://site.example",)) as d:
        refused = await d.batch(page(), origin="https://evil.example")
        taken = await d.batch(page(), origin="https://site.example")
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)
    assert (taken.status_code, taken.headers["access-control-allow-credentials"]) == (200, "true")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_events_are_posted(method: str) -> None:
    async with desk() as d:
        answer = await d.http.request(method, "/v1/track")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/crm/generic", "/v1/crm/hubspot"])
async def test_a_body_that_ends_too_early_is_no_error_of_ours_and_leaves_nothing(path: str, tmp_path: Path) -> None:
    """Row 16. Whoever has only stopped to send still hears it."""
    sent: list[Any] = []
    said = iter(({"type": "http.request", "body": b"[{", "more_body": True}, {"type": "http.disconnect"}))

    async def cut() -> dict[str, Any]:
        return next(said)

    async def send(message: Any) -> None:
        sent.append(message)

    looks_signed = [(name.encode(), value.encode()) for name, value in hubspot_headers(b"[{}]").items()]
    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"writeKey=wk_site",
        "client": ("203.0.113.9", 1), "headers": [(b"authorization", b"Bearer sk_crm"), *looks_signed],
    }  # fmt: skip
    async with desk(crm=crm_settings(tmp_path)) as d:
        await d.collector(scope, cut, send)
        assert (sent[0]["status"], json.loads(sent[1]["body"])["reason"]) == (400, "cut_off")
        assert d.sink.records == []


async def test_the_address_is_what_the_trusted_proxy_saw() -> None:
    async with desk(proxy_hops=1) as d:
        await d.batch(page(), **{"x-forwarded-for": "10.0.0.1, 203.0.113.9"})
        assert d.deliveries()[0].ip == "203.0.0.0"
    async with desk() as d:
        await d.batch(page(), **{"x-forwarded-for": "203.0.113.9"})
        assert d.deliveries()[0].ip == "127.0.0.0"
