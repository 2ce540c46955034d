"""The built-in story, played without pauses against a collector in this process."""

from collections import Counter
from itertools import pairwise
from random import Random

from msgspec.json import decode

from producers.settings import SimulateSettings
from producers.simulate.browser import Browser
from producers.simulate.post import Collector
from producers.simulate.stage import DAY_MS, Stage
from producers.simulate.story import play
from schemas.codec import EVENT
from schemas.deals import DealReport
from schemas.events import Engaged
from schemas.times import milliseconds_of
from tests.unit.producers.desk import NOW, Desk, desk

SETTINGS = SimulateSettings(collector_url="http://collector", write_key="wk_site", server_key="sk_crm")


async def played(d: Desk, *, seed: int) -> Stage:
    stage = Stage(Collector(SETTINGS, d.http, now_ms=lambda: NOW), Random(seed), now_ms=lambda: NOW, pace=0)
    await stage.collector.ready()
    await play(stage)
    return stage


async def test_everything_that_is_told_can_be_read_and_lies_in_the_last_week() -> None:
    async with desk() as d:
        stage = await played(d, seed=1)
        assert d.rejected() == []
        raws = [bytes(raw) for delivery in d.deliveries() for raw in delivery.events]
    assert len(raws) == stage.collector.events
    for raw in raws:
        at = milliseconds_of(EVENT.decode(raw).timestamp)
        assert at is not None
        assert NOW - 7 * DAY_MS < at <= NOW


async def test_the_same_seed_tells_the_same_story() -> None:
    stories = []
    for seed in (7, 7, 8):
        async with desk() as d:
            await played(d, seed=seed)
            stories.append([event["messageId"] for event in d.events()])
    assert stories[0] == stories[1]
    assert not set(stories[0]) & set(stories[2])


async def test_a_person_of_a_deal_that_was_lost_weeks_ago_reads_the_pricing_page_today() -> None:
    async with desk() as d:
        stage = await played(d, seed=1)
        reports = [
            report.deal
            for block in d.sink.values("leadstream.signals.v1")
            for report in decode(block, type=list[DealReport])
        ]
        events = d.events()
    assert Counter(deal.status for deal in reports) == {"lost": 3, "open": 1}
    back = next(deal for deal in reports if deal.account_id == stage.cast.back.domain)
    assert back.lost_at is not None
    assert NOW - back.lost_at > 28 * DAY_MS
    person = stage.cast.back_deal_people[0]
    assert person.email in {one.email for one in back.people}
    browser = next(e["anonymousId"] for e in events if e.get("traits", {}).get("email") == person.email)
    engaged = [
        e["properties"] for e in events
        if e["anonymousId"] == browser and e.get("event") == "page_engaged" and "/pricing" in e["properties"]["url"]
    ]  # fmt: skip
    assert max(one["dwell_ms"] for one in engaged) >= 5_000
    assert all(one["interactions"] >= 1 for one in engaged)


def test_a_browser_writes_what_the_tracker_writes() -> None:
    browser = Browser(Random(1))
    first, *later = [decode(raw) for raw in browser.read("/pricing", at=NOW, dwell_ms=12_000, interactions=6)]
    assert list(first) == ["type", "messageId", "anonymousId", "timestamp", "properties", "context"]
    assert first["properties"] == first["context"]["page"]
    assert [one["properties"]["dwell_ms"] for one in later] == [5_000, 10_000, 12_000]
    for one in later:
        engaged = decode(EVENT.decode(bytes_of(one)).properties, type=Engaged)  # type: ignore[union-attr]
        assert (engaged.page_id, engaged.started_at) == (first["messageId"], first["timestamp"])
    assert all(a["properties"]["interactions"] <= b["properties"]["interactions"] for a, b in pairwise(later))


def bytes_of(event: dict[str, object]) -> bytes:
    from msgspec.json import encode

    return encode(event)
