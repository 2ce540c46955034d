"""The console as a process of its own, on real Valkey, in a real Chromium: live, safe, and honest without Kafka."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page, expect

from deploy.local.ports import free_ports
from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.codec import encode
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, complains, running, started
from tests.browser.product import SEEN_S
from tests.integration.shadows import Shadow
from tests.unit.console.samples import ALERT_ID, HOSTILE, LEAD_ID, Samples

pytestmark = pytest.mark.browser
# A highlight that the next update takes away again was there all the same.
NOTE_FRESH = """() => {
  window.freshened = new Set();
  new MutationObserver((all) => {
    for (const { target } of all) if (target.classList.contains("is-fresh")) window.freshened.add(target.id);
  }).observe(document.body, { subtree: true, attributeFilter: ["class"] });
}"""


@pytest.fixture
def page(person: BrowserContext, console: str, projection: Projection, complaints: list[str]) -> Page:
    """Ines, signed in."""
    page = person.new_page()
    complains(page, complaints)
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    return page


def write(projection: Projection, *alerts: AlertCard) -> None:
    projection.write(alerts=[(one.alert_id, encode(one)) for one in alerts])


def test_alerts_appear_move_and_change_without_reload(
    page: Page, projection: Projection, samples: Samples, complaints: list[str], artifacts: Path
) -> None:
    page.evaluate("window.sameDocument = true")
    page.evaluate(NOTE_FRESH)
    expect(page.get_by_role("heading", name="Nobody is back yet")).to_be_visible()
    first, digest, *_ = samples.alerts()
    write(projection, digest)
    expect(page.locator("article.alert")).to_have_count(1)
    write(projection, first)
    expect(page.locator("article.alert h3")).to_have_text(["Northwind Robotics", "Sørensen Foods"])
    page.wait_for_function(f"window.freshened.has('alert-{ALERT_ID}')")
    expect(page.locator("nav .count")).to_have_text("2")

    stronger = replace(digest, version=Version(1, 0), level="real_time", strength=samples.strength(2, 2, 2, 2, 1, 3))
    write(projection, stronger)
    expect(page.locator("article.alert h3")).to_have_text(["Sørensen Foods", "Northwind Robotics"])
    claimed = replace(first, version=Version(1, 1), status="claimed", claimed_by="Tom", claimed_at=samples.now)
    write(projection, claimed)
    expect(page.locator(f"#alert-{ALERT_ID}")).to_contain_text("Claimed by Tom")
    page.screenshot(path=artifacts / "console-inbox.png", full_page=True)
    assert page.evaluate("window.sameDocument") is True
    assert complaints == []


def test_a_form_that_somebody_fills_in_survives_an_update(page: Page, projection: Projection, samples: Samples) -> None:
    first, digest, *_ = samples.alerts()
    write(projection, first)
    card = page.locator(f"#alert-{ALERT_ID}")
    card.locator("summary").click()
    chosen = card.locator("select[name=reason]")
    chosen.select_option("job_seeker")
    write(projection, digest, replace(first, version=Version(1, 2), updates=7))
    expect(card).to_contain_text("updated 7")
    assert chosen.input_value() == "job_seeker"
    assert card.locator("details").get_attribute("open") is not None


def test_without_kafka_a_claim_says_that_nothing_changed(page: Page, projection: Projection, samples: Samples) -> None:
    write(projection, samples.alert())
    card = page.locator(f"#alert-{ALERT_ID}")
    card.get_by_role("button", name="Claim").click()
    expect(card.get_by_role("alert")).to_contain_text("Nothing has changed")
    expect(card.get_by_role("button", name="Claim")).to_be_visible()


def test_hostile_text_runs_nowhere(
    page: Page, console: str, projection: Projection, samples: Samples, complaints: list[str]
) -> None:
    evil = " ".join(HOSTILE)
    lead = replace(samples.lead(), name=evil, traits={evil: evil}, version=Version(2, 0))
    alert = replace(samples.alert(), account_name=evil, next_act=evil, version=Version(2, 0))
    account = replace(samples.account(), name=evil, version=Version(2, 0))
    rejected = [
        (f"0:{n}", encode(replace(one, detail=evil, raw=evil.encode())))
        for n, one in enumerate(samples.rejected())
    ]
    projection.write(leads=[(LEAD_ID, encode(lead))], alerts=[(ALERT_ID, encode(alert))],
                     accounts=[(account.account_id, encode(account))], rejected=rejected)  # fmt: skip
    expect(page.locator("article.alert h3")).to_contain_text("<script>alert(1)</script>")
    for path in (
        f"/alerts/{ALERT_ID}",
        "/leads",
        f"/leads/{LEAD_ID}",
        "/accounts",
        f"/accounts/{account.account_id}",
        "/rejected",
    ):
        page.goto(console + path)
        expect(page.locator("main")).to_contain_text("onerror=alert(1)")
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    assert complaints == []


def test_a_lead_page_stays_true(
    page: Page, console: str, projection: Projection, samples: Samples, artifacts: Path
) -> None:
    lead = samples.lead()
    projection.write(leads=[(LEAD_ID, encode(lead))])
    page.goto(f"{console}/leads/{LEAD_ID}")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    expect(page.locator(".score-value")).to_have_text("101.6")
    page.screenshot(path=artifacts / "console-lead.png", full_page=True)
    newer = replace(lead, version=Version(5, 0), score_tenths=1_234)
    projection.write(leads=[(LEAD_ID, encode(newer))])
    expect(page.locator(".score-value")).to_have_text("123.4")


def test_the_page_comes_back_by_itself_after_the_console_was_away(
    valkey: str, person: BrowserContext, projection: Projection, samples: Samples
) -> None:
    """What was written meanwhile is not missed."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = started(valkey, port)
    try:
        page = person.new_page()
        page.goto(one_time_link(SECRET, url))
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        process.kill()
        process.wait()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "lost")
        write(projection, samples.alert())
        process = started(valkey, port)
        expect(page.locator("article.alert")).to_have_count(1)
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    finally:
        process.terminate()
        assert process.wait(SEEN_S) == 0


def test_an_open_page_says_as_of_when_it_is_while_redis_hangs(
    tmp_path: Path, person: BrowserContext, samples: Samples, artifacts: Path
) -> None:
    """And comes up to date by itself."""
    with Shadow(tmp_path) as shadow, running(shadow.url) as url:
        projection = Projection.connect(shadow.url)
        projection.beat(samples.now)
        page = person.new_page()
        page.goto(one_time_link(SECRET, url))
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        expect(page.locator("#lost")).to_be_hidden()
        shadow.freeze()
        try:
            expect(page.locator("#lost")).to_be_visible()
            expect(page.locator("#lost")).to_contain_text("What you see is as of just now")
            expect(page.locator("#live-state")).to_have_attribute("data-state", "lost")
            page.screenshot(path=artifacts / "console-lost.png")
        finally:
            shadow.thaw()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        expect(page.locator("#lost")).to_be_hidden()
        write(projection, samples.alert())
        expect(page.locator("article.alert")).to_have_count(1)
        projection.close()
