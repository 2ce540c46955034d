"""Which paths bring events, with which keys."""

from typing import Any

import pytest

from schemas.event_time import event_time
from tests.unit.producers.desk import NOW, desk, page

BATCH = {"batch": [page(timestamp="2021-03-04T05:06:07Z")], "sentAt": "2026-11-21T09:16:10Z"}


@pytest.mark.parametrize("path", ["/v1/import", "/import", "/v1/import/"])
async def test_what_a_server_key_imports_keeps_its_past(path: str) -> None:
    """Law 10: it is a delivery of a proven sender like any other, and the worker does not clamp its times."""
    async with desk() as d:
        answer = await d.http.post(path, json=BATCH, auth=("sk_crm", ""))
        assert (answer.status_code, answer.json()["success"]) == (200, True)
        [delivery] = d.deliveries()
        [event] = d.events()
    at = event_time(
        event["timestamp"], received_at=delivery.received_at, sent_at=delivery.sent_at, trust=delivery.trust
    )
    assert at == 1_614_834_367_000


@pytest.mark.parametrize("key", [{"writeKey": "wk_site"}, {}, {"writeKey": "nobody"}])
async def test_nobody_else_imports(key: dict[str, str]) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/import", json=BATCH | key)
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (401, "key", [])


async def test_who_imports_with_a_write_key_hears_what_is_needed() -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/import?writeKey=wk_site", json=BATCH)
    assert "server key" in answer.json()["detail"]


async def test_a_beacon_has_its_key_in_the_query() -> None:
    """A browser that leaves a page sends text and can set no header."""
    body = {"batch": [page()], "sentAt": "2026-11-21T09:16:09.500Z"}
    async with desk() as d:
        answer = await d.http.post(
            "/beacon/v1/batch?writeKey=wk_site", json=body, headers={"content-type": "text/plain;charset=UTF-8"}
        )
        assert answer.status_code == 200
        assert [(one.source, one.sent_at) for one in d.deliveries()] == [("site", NOW - 500)]


@pytest.mark.parametrize("path", ["/v1/merge", "/api/s/page", "/com.snowplowanalytics.snowplow/tp2", "//v1/batch"])
async def test_row_21_paths_that_are_not_ours_are_404(path: str) -> None:
    async with desk() as d:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"writeKey=wk_site", "headers": [],
            "root_path": "", "scheme": "http", "server": ("collector", 80), "client": None,
        }  # fmt: skip
        await d.collector(scope, _empty, send)
        assert (sent[0]["status"], d.sink.records) == (404, [])


async def _empty() -> dict[str, Any]:
    return {"type": "http.request", "body": b"[]"}


@pytest.mark.parametrize("path", ["/v1/import", "/i", "/beacon/v1/batch"])
async def test_row_21_the_method_that_a_path_takes_is_said(path: str) -> None:
    async with desk() as d:
        answer = await d.http.get(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/import", "/beacon/v1/batch", "/sourceConfig/", "/pixel/v1/page", "/v1/pixel/track", "/i", "/api/s/page",
        "/com.snowplowanalytics.snowplow/tp2", "/analytics.js/v1/wk_site/analytics.min.js", "/", "/%2e%2e", "//x",
    ],
)  # fmt: skip
async def test_row_25_a_preflight_is_answered_on_every_path_without_a_key(path: str) -> None:
    """Also of protocols that are off: the request that follows hears what is wrong."""
    asked = "anonymousid,authorization,content-type,sentat,x-write-key"
    async with desk() as d:
        answer = await d.http.options(
            path, headers={"origin": "https://site.example", "access-control-request-headers": asked}
        )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://site.example"
    assert answer.headers["access-control-allow-headers"] == asked
    assert answer.headers["access-control-max-age"] == "7200"
