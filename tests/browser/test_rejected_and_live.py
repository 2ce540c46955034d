"""Rejected and live events in a real Chromium, on a real broker: shown as text, replayed, watched as they come."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from msgspec import Raw
from playwright.sync_api import BrowserContext, Page, expect

from deploy.local.embedded import embedded_broker, embedded_valkey
from schemas.codec import REPLAYED, VISITS, encode, encode_block
from schemas.delivery import Delivery
from schemas.rejected import Envelope, Reason, Rejected
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, complains, running
from tests.integration.bus import Bus, Record
from tests.unit.console.samples import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.kafka]
COLLECTOR = "https://collect.example"


class Stage:
    """A console on a broker and a Valkey of its own."""

    def __init__(self, url: str, bus: Bus, projection: Projection, broker: ExitStack) -> None:
        self.url = url
        self.bus = bus
        self.projection = projection
        self.broker = broker

    def send(self, *events: Any, source: str = "site") -> None:
        """One delivery, as a collector writes it."""
        made = Delivery(received_at=time_ns() // 1_000_000, source=source, events=[Raw(encode(one)) for one in events])
        self.bus.write("visits", [(0, encode_block([encode(made)]))])

    def reject(self, record: Rejected) -> None:
        """Into the topic and, as the projector does, into Redis."""
        raw = encode(record)
        self.bus.write("rejected", [(1, raw)])
        self.projection.write(rejected=[("1:0", raw)])

    def read(self, name: str) -> list[Record]:
        return self.bus.read(name)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        broker = stack.enter_context(ExitStack())
        bootstrap = broker.enter_context(embedded_broker())
        valkey = stack.enter_context(embedded_valkey())
        bus = Bus(bootstrap, prefix="seen.", app_id="seen")
        stack.callback(bus.close)
        bus.create()
        projection = Projection.connect(valkey)
        stack.callback(projection.close)
        projection.beat(time_ns() // 1_000_000)
        url = stack.enter_context(running(
            valkey, KAFKA__BOOTSTRAP_SERVERS=bootstrap, KAFKA__TOPIC_PREFIX="seen.", COLLECTOR__PUBLIC_URL=COLLECTOR,
        ))  # fmt: skip
        yield Stage(url, bus, projection, broker)


@pytest.fixture
def page(person: BrowserContext, stage: Stage, complaints: list[str]) -> Page:
    """Ines, signed in."""
    page = person.new_page()
    complains(page, complaints)
    page.goto(one_time_link(SECRET, stage.url, name="Ines Duarte"))
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    return page


def test_a_rejected_event_is_found_mended_and_replayed(
    page: Page, stage: Stage, complaints: list[str], artifacts: Path
) -> None:
    evil = " ".join(HOSTILE)
    raw = encode({"type": "purchase", "messageId": "m1", "anonymousId": "v1", "note": evil})
    envelope = Envelope(received_at=1_795_000_000_000, trust="proven", ip="203.0.113.0")
    stage.reject(Rejected(at=1_795_000_000_000, reason=Reason.UNKNOWN_TYPE, detail=evil, source="shop", raw=raw,
                          envelope=envelope))  # fmt: skip
    page.get_by_role("link", name="Rejected").click()
    page.get_by_label("Text").fill("purchase")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Mend and replay").click()
    expect(page.locator("pre.raw")).to_contain_text("<script>alert(1)</script>")

    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#said")).to_contain_text("rejected again")
    page.locator("textarea").fill('{"type": "track", "event": "Order placed"}')
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("pre.diff")).to_contain_text('"event": "Order placed"')
    expect(page.locator("#verdict")).to_contain_text("Accepted")
    assert stage.read("visits") == []

    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#said")).to_contain_text("Replayed. It keeps its time, source, trust and id")
    page.screenshot(path=artifacts / "console-replay.png", full_page=True)
    [visit] = stage.read("visits")
    [delivery], _ = VISITS.decode(visit.value)
    assert (delivery.received_at, delivery.source, delivery.trust) == (1_795_000_000_000, "shop", "proven")
    note = REPLAYED.decode(stage.read("rejected")[-1].value)
    assert (note.replayed_partition, note.replayed_offset, note.actor) == (1, 0, "Ines Duarte")
    assert [one for one in complaints if "422" not in one] == []


def test_events_are_seen_as_they_arrive(page: Page, stage: Stage, complaints: list[str], artifacts: Path) -> None:
    """Until the broker is taken away."""
    evil = " ".join(HOSTILE)
    page.get_by_role("link", name="Live events").click()
    page.get_by_label("Source").fill("site")
    page.get_by_role("button", name="Watch").click()
    page.wait_for_url("**source=site**")  # the page before it listened too, and was not this one
    expect(page.locator("#debugger-state")).to_have_text("Listening")
    expect(page.locator("#debugger-empty")).to_contain_text(f"curl {COLLECTOR}/v1/track -u YOUR_WRITE_KEY:")
    page.evaluate("window.sameDocument = true")

    pricing = {"url": "https://a.example/pricing"}
    stage.send({"type": "track", "event": "Elsewhere", "anonymousId": "v"}, source="shop")
    stage.send({"type": "page", "anonymousId": "v1", "messageId": "m7", "properties": pricing})
    rows = page.locator("#debugger-events > li")
    expect(rows).to_have_count(1)
    expect(page.locator("#debugger-first")).to_be_visible()
    expect(page.locator("#debugger-empty")).to_be_hidden()
    expect(rows.first).to_contain_text("accepted")
    expect(rows.first).to_contain_text("page: pricing")
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_contain_text('"messageId": "m7"')

    stage.send({"type": evil, "event": evil, "anonymousId": evil})
    refused = Rejected(at=1, reason=Reason.NO_ID, detail=evil, source="site", raw=b"{")
    stage.bus.write("rejected", [(0, encode(refused))])
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="rejected")).to_have_count(2)
    expect(rows.first).to_contain_text("<img src=x onerror=alert(1)>")

    page.get_by_role("button", name="Pause").click()
    stage.send({"type": "track", "event": "While paused", "anonymousId": "v"})
    expect(page.locator("#debugger-left-out")).to_contain_text("1 wait while paused")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Resume").click()
    expect(rows.first).to_contain_text("While paused")

    stage.send(*[{"type": "track", "event": f"n{n}", "anonymousId": "v"} for n in range(400)])
    expect(page.locator("#debugger-left-out")).to_contain_text("events were left out")
    expect(rows.filter(has_text="track · n0")).to_have_count(1)
    page.screenshot(path=artifacts / "console-live.png", full_page=True)

    stage.broker.close()
    expect(page.locator("#debugger-away")).to_be_visible()
    expect(page.locator("#debugger-state")).to_have_text("Kafka is away")
    assert page.evaluate("window.sameDocument") is True
    assert complaints == []
