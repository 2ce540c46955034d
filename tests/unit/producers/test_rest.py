"""Everything but events: settings for SDKs, the tracker's file, what operators ask for."""

from pathlib import Path

import pytest

from producers.metrics import REGISTRY
from producers.settings import SpoolSettings
from producers.sinks.memory import MemorySink
from tests.unit.producers.desk import desk, page, until


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


async def test_what_takes_the_place_of_segment_s_script_is_served_under_its_path() -> None:
    async with desk() as d:
        answer = await d.http.get("/analytics.js/v1/wk_site/analytics.min.js")
        assert (answer.status_code, answer.headers["content-type"][:15]) == (200, "text/javascript")
        assert "leadstream.js" in answer.text
        for key in ("nobody", "sk_crm"):
            assert (await d.http.get(f"/analytics.js/v1/{key}/analytics.min.js")).status_code == 404


async def test_it_is_ready_once_kafka_has_answered_and_alive_before() -> None:
    sink = MemorySink()
    sink.down = "Kafka has not answered yet"
    async with desk(sink) as d:
        assert (await d.http.get("/healthz")).status_code == 200
        answer = await d.http.get("/readyz")
        assert (answer.status_code, answer.json()["failing"]) == (503, {"kafka": "Kafka has not answered yet"})
        sink.down = ""
        assert (await d.http.get("/readyz")).status_code == 200


async def test_while_the_spool_takes_deliveries_it_stays_ready_and_says_so(tmp_path: Path) -> None:
    sink = MemorySink()
    async with desk(sink, spool=SpoolSettings(directory=tmp_path / "spool", max_bytes=1 << 20)) as d:
        assert (await d.http.get("/readyz")).json() == {"ready": True, "failing": {}}
        sink.down = "no broker"
        assert (await d.batch(page())).status_code == 200
        answer = await d.http.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": {}, "spooling": "no broker"})
        sink.down = ""
        await until(lambda: not d.collector.intake.sink.detour())
        assert [one["messageId"] for one in d.events()] == ["m1"]


async def test_a_full_spool_is_503_with_retry_after_not_ready_and_counted_by_events(tmp_path: Path) -> None:
    """F13 in one process: what the answer refuses is what the counter counts, events for events."""
    sink = MemorySink()
    text = "x" * 30_000
    async with desk(sink, spool=SpoolSettings(directory=tmp_path / "spool", max_bytes=1 << 20)) as d:
        await d.http.get("/readyz")
        sink.down = "no broker"
        before = _dropped()
        answers = [
            await d.batch(*(page(10 * n + i, properties={"text": text}) for i in range(10)), page(1, type="odd"))
            for n in range(6)
        ]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert {answer.headers["retry-after"] for answer in refused} == {"2"}
        assert (await d.http.get("/readyz")).status_code == 503
        sink.down = ""
        await until(lambda: not d.collector.intake.sink.detour())
        stored = len(d.events()) + len(d.rejected())
        assert stored < 66
        assert stored + _dropped() - before == 66


def _dropped() -> float:
    return REGISTRY.get_sample_value("leadstream_collector_dropped_total", {"reason": "spool_full"}) or 0.0


async def test_metrics_and_version_are_told() -> None:
    async with desk() as d:
        metrics = (await d.http.get("/metrics")).text
        assert "leadstream_collector_outstanding_bytes 0.0" in metrics
        assert (await d.http.get("/version")).json()["name"] == "leadstream"
        assert "Disallow: /" in (await d.http.get("/robots.txt")).text
        assert (await d.http.get("/nowhere")).status_code == 404
