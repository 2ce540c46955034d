"""Recorded requests of unchanged Snowplow trackers: each gets the answer that it needs, and says what it said."""

import json
from pathlib import Path
from typing import Any

import pytest

from producers.collector.protocols.pixels import GIF
from schemas.codec import EVENT
from tests.unit.producers.desk import desk

HERE = Path(__file__).with_name("recorded") / "snowplow"
VISITOR = "e8a77671-37f9-46b9-b2cf-240ddafb159e"


def recorded(tracker: str) -> list[dict[str, Any]]:
    return list(json.loads((HERE / f"{tracker}_tracker.json").read_text("utf-8"))["requests"])


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    file = tmp_path / "sources.toml"
    file.write_text('[site]\nsnowplow_app_ids = ["site"]\norigins = ["https://www.planwerk.example"]\n')
    return file


async def test_what_the_browser_tracker_posts_is_understood(sources: Path) -> None:
    preflight, post = recorded("browser")
    async with desk(snowplow=True, sources=sources, cors_origins=("https://www.planwerk.example",)) as d:
        asked = await d.http.options(preflight["path"], headers=preflight["headers"])
        answer = await d.http.post(post["path"], content=json.dumps(post["body"]), headers=post["headers"])
        view, structured, described = d.events()
        [delivery] = d.deliveries()
    for one in (asked, answer):  # this tracker sends credentials
        assert one.headers["access-control-allow-origin"] == "https://www.planwerk.example"
        assert one.headers["access-control-allow-credentials"] == "true"
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert (delivery.source, delivery.trust, d.rejected()) == ("site", "claimed", [])
    assert {one["anonymousId"] for one in (view, structured, described)} == {VISITOR}
    assert {one["userId"] for one in (view, structured, described)} == {"user-81"}
    assert (view["type"], view["name"]) == ("page", "Pricing")
    assert view["messageId"] == "94012a27-d62b-4e36-b14c-7c7be741647e"
    assert view["properties"] == {"url": "https://www.planwerk.example/pricing?utm_source=nl", "title": "Pricing"}
    assert (view["timestamp"], view["sentAt"]) == (1_795_287_496_482, 1_795_287_496_491)
    assert view["context"]["snowplow"]["entities"] == [
        {"schema": "com.snowplowanalytics.snowplow/web_page", "data": {"id": "c731d0a8-e7f3-46e2-a22d-bbd2363b88ec"}}
    ]
    assert (structured["event"], structured["properties"]) == (
        "form submit", {"category": "form", "action": "submit", "label": "demo", "value": 1.0},
    )  # fmt: skip
    assert (described["event"], described["properties"]) == ("demo_requested", {"plan": "pro"})
    for event in delivery.events:
        EVENT.decode(event)


async def test_what_the_python_tracker_gets_is_understood(sources: Path) -> None:
    async with desk(snowplow=True, sources=sources) as d:
        for one in recorded("python"):
            answer = await d.http.get(one["path"], headers=one["headers"])
            assert (answer.status_code, answer.content) == (200, GIF)
        view, structured, described = d.events()
    assert view["properties"] == {
        "url": "https://www.planwerk.example/pricing", "title": "Pricing", "referrer": "https://google.com/",
    }  # fmt: skip
    assert (view["anonymousId"], view["userId"], view["context"]["userAgent"]) == ("browser-17", "user-81", "UA/1")
    assert view["sentAt"] == view["timestamp"]  # it cuts `stm` to whole seconds
    assert structured["event"] == "form submit"
    assert (described["event"], described["properties"]) == ("demo_requested", {"plan": "pro"})
    assert "198.51.100.24" not in json.dumps([view, structured, described])
