"""Everything but events: settings for SDKs, the tracker's file, what operators ask for."""

import pytest

from producers.sinks.memory import MemorySink
from tests.unit.producers.desk import desk


@pytest.mark.parametrize("path", ["/v1/projects/wk_site/settings", "/projects/wk_site/settings"])
async def test_the_settings_send_the_sdk_to_us(path: str) -> None:
    async with desk(public_url="https://in.planwerk.example/collect/") as d:
        answer = await d.http.get(path, headers={"origin": "https://site.example"})
    host = {"apiKey": "wk_site", "apiHost": "in.planwerk.example/collect/v1", "protocol": "https"}
    assert answer.json()["integrations"] == {"Segment.io": host}
    assert answer.headers["access-control-allow-origin"] == "https://site.example"


@pytest.mark.parametrize("key", ["nobody", "sk_crm"])
async def test_settings_of_an_unknown_or_a_secret_key_are_404(key: str) -> None:
    async with desk() as d:
        assert (await d.http.get(f"/v1/projects/{key}/settings")).status_code == 404


async def test_the_tracker_is_cached_and_asked_for_again_by_its_tag() -> None:
    async with desk() as d:
        first = await d.http.get("/leadstream.js")
        assert (first.status_code, first.headers["access-control-allow-origin"]) == (200, "*")
        assert first.headers["content-type"].startswith("text/javascript")
        assert "max-age" in first.headers["cache-control"]
        again = await d.http.get("/leadstream.js", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_it_is_ready_once_kafka_has_answered_and_alive_before() -> None:
    sink = MemorySink()
    sink.down = "Kafka has not answered yet"
    async with desk(sink) as d:
        assert (await d.http.get("/healthz")).status_code == 200
        answer = await d.http.get("/readyz")
        assert (answer.status_code, answer.json()["failing"]) == (503, {"kafka": "Kafka has not answered yet"})
        sink.down = ""
        assert (await d.http.get("/readyz")).status_code == 200


async def test_metrics_and_version_are_told() -> None:
    async with desk() as d:
        metrics = (await d.http.get("/metrics")).text
        assert "leadstream_collector_outstanding_bytes 0.0" in metrics
        assert (await d.http.get("/version")).json()["name"] == "leadstream"
        assert "Disallow: /" in (await d.http.get("/robots.txt")).text
        assert (await d.http.get("/nowhere")).status_code == 404
