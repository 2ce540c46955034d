"""The walking skeleton's story on real parts: a visit becomes a lead, a lost deal's return becomes an alert.

Everything is asserted on what the pages show; only the CRM's post and the webhook are not a browser.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from streams.rules_files import read_texts
from tests.browser.product import SEEN_S, Receiver, Up, eventually, leadstream_up, receiving
from tests.browser.reader import AGENT, at_a_browser, read

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(480)]

SECRET = "whsec_c3RvcnktdGVzdC1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg=="
MINUS = "\u2212"
TEXTS = """(places) => Object.fromEntries(Object.entries(places).map(([name, where]) =>
  [name, [...document.querySelectorAll(where)].map((one) => one.innerText)]))"""
# Each rule of the explanation with the points that it gave.
GIFTS = """why => [...why.querySelectorAll("tbody.line--rule")].map((line) => [
  line.querySelector(".line-head th").innerText,
  [...line.querySelectorAll("tr.hit td.number")].map((one) => one.innerText),
])"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(SECRET) as one:
        yield one


@pytest.fixture(scope="module")
def up(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("story")
    environment = {
        "LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "127.0.0.1", "LEADSTREAM_WEBHOOK__URL": receiver.url,
        "LEADSTREAM_WEBHOOK__SECRET": SECRET,
    }  # fmt: skip
    rules = home / "rules"
    rules.mkdir()
    (rules / "site.toml").write_text(_where_it_is_noon(read_texts(None)["site.toml"]))
    try:
        with leadstream_up(home, "--no-story", "--rules-dir", str(rules), environment=environment) as one:
            yield one
    finally:
        shutil.copytree(home / "logs", artifacts / "story-logs", dirs_exist_ok=True)


def _where_it_is_noon(site: str) -> str:
    """A site's rules in whose time zone it is about noon: what follows within minutes is done on one day of it."""
    ahead_h = 12 - datetime.now(UTC).hour
    assert 'timezone = "UTC"' in site
    return site.replace('timezone = "UTC"', f'timezone = "Etc/GMT{-ahead_h:+d}"')  # POSIX counts hours behind


@pytest.fixture(scope="module")
def sales(up: Up, chromium: Browser) -> Iterator[BrowserContext]:
    """The salesperson's browser, signed in by the printed link."""
    with at_a_browser(chromium) as context:
        page = context.new_page()
        page.goto(up.console_link)
        expect(page.get_by_role("heading", level=1, name="Inbox")).to_be_visible()
        page.close()
        yield context


@contextmanager
def unchanged(page: Page) -> Iterator[None]:
    """The page is the same document before and after: whatever appears, nobody reloaded."""
    page.evaluate("window.sameDocument = true")
    yield
    assert page.evaluate("window.sameDocument") is True, "the page was loaded again"


def points(text: str) -> Decimal:
    return Decimal(text.strip().replace(MINUS, "-").replace(",", ""))


def texts(page: Page, **places: str) -> dict[str, list[str]]:
    """The texts at each of these places, all at one moment: an open page changes under whoever looks twice."""
    return page.evaluate(TEXTS, places)


def test_an_anonymous_visit_becomes_a_lead_that_can_be_explained(
    up: Up, chromium: Browser, sales: BrowserContext, artifacts: Path
) -> None:
    leads = sales.new_page()
    leads.goto(f"{up.console_url}/leads")
    with at_a_browser(chromium) as visitor:
        with unchanged(leads):
            page = visitor.new_page()
            page.goto(up.demo_url)
            page.get_by_role("link", name="See how it works").click()
            read(page, f"{up.demo_url}/pricing")
            read(page, f"{up.demo_url}/product")
            expect(leads.get_by_role("link", name="Jonas Weber")).to_have_count(0)
            page.goto(f"{up.demo_url}/inquiry")
            page.get_by_label("Your name").fill("Jonas Weber")
            page.get_by_label("Work e-mail").fill("jonas.weber@brandtpapier.example")
            page.get_by_label("Company").fill("Brandt Papier")
            page.get_by_label("Your role").fill("Head of maintenance")
            page.get_by_role("button", name="Send the inquiry").click()
            page.wait_for_url("**/thanks")
            expect(leads.get_by_role("link", name="Jonas Weber")).to_be_visible()
        leads.get_by_role("link", name="Jonas Weber").click()
        lead = leads
        expect(lead.get_by_role("heading", level=1, name="Jonas Weber")).to_be_visible()
        # Whoever sent an inquiry looks at the thanks: what the page still has to send leaves meanwhile.
        expect(lead.locator("#lead-hero .facts")).to_contain_text("MQL")
    timeline = lead.locator("#timeline")  # a list for each day, and midnight may be now
    expect(timeline).to_contain_text("/pricing")
    expect(timeline).to_contain_text("/product")
    lead.screenshot(path=artifacts / "lead.png", full_page=True)

    why = lead.locator("table.why")
    expect(why).to_contain_text("/pricing")
    said = texts(lead, lines=".why .line-head td.number", score=".score-value", foot=".why tfoot td.number")
    (total,) = map(points, said["score"])
    assert sum(map(points, said["lines"])) == total == points(said["foot"][0])
    assert total >= 50, "an inquiry alone gives 50"
    gifts = why.evaluate(GIFTS)
    assert any(name.startswith("Pricing page") and [*map(points, given)] == [10] for name, given in gifts), gifts
    lead.close()


LENA = {"email": "lena.ostermann@ostermann-guss.example", "name": "Lena Ostermann"}
RITA = {"name": "Rita Sommer", "email": "rita.sommer@fernbolt.example"}


def lose_a_deal(up: Up, deal_id: str, *, account: dict[str, str], person: dict[str, str]) -> None:
    """The CRM says that a deal was lost eight weeks ago."""
    deal = {
        "deal_id": deal_id, "status": "lost", "lost_reason": "timing", "amount": 148_000, "currency": "EUR",
        "lost_at": (datetime.now(UTC) - timedelta(weeks=8)).isoformat(), "owner": RITA, "account": account,
        "people": [person],
    }  # fmt: skip
    sent(up, "/v1/crm/generic", json=deal, auth=(up.server_key, ""))


def sent(up: Up, path: str, **request: Any) -> None:
    """The collector takes it."""
    answer = httpx.post(f"{up.collector_url}{path}", timeout=SEEN_S, trust_env=False, **request)
    assert answer.status_code == 200, answer.text


def come_back_elsewhere(up: Up, person: dict[str, str]) -> None:
    """Somebody of another lost deal reads the prices: an alert for the same salesperson, behind all that was before."""
    at = datetime.now(UTC).isoformat()
    url = f"{up.demo_url}/pricing"
    common = {"anonymousId": "somebody-else", "timestamp": at}
    engaged = {"page_id": "p-1", "url": url, "started_at": at, "dwell_ms": 9_000, "interactions": 4, "title": "Pricing"}
    events = [
        {"type": "identify", "messageId": "i-1", "traits": person, **common},
        {"type": "page", "messageId": "p-1", "properties": {"url": url, "path": "/pricing"}, **common},
        {"type": "track", "event": "page_engaged", "messageId": "e-1", "properties": engaged, **common},
    ]
    body = {"batch": events, "sentAt": at, "writeKey": up.write_key}
    sent(up, "/v1/batch", json=body, headers={"User-Agent": AGENT})


def identify(page: Page, demo_url: str, person: dict[str, str]) -> None:
    """As a log-in would: the site itself says who this is."""
    page.goto(demo_url)
    page.evaluate("person => leadstream.identify(person)", person)


def test_a_lost_deals_person_comes_back_and_sales_hears_of_it_once(
    up: Up, chromium: Browser, sales: BrowserContext, receiver: Receiver, artifacts: Path
) -> None:
    inbox = sales.new_page()
    inbox.goto(up.console_url)
    expect(inbox.locator("#live-state")).to_have_attribute("data-state", "live")
    alerts = inbox.locator("article.alert")
    expect(inbox.get_by_role("heading", name="Nobody is back yet")).to_be_visible()
    lose_a_deal(up, "D-1001", account={"name": "Ostermann Guss", "domain": "ostermann-guss.example"}, person=LENA)

    with unchanged(inbox), at_a_browser(chromium) as first:
        page = first.new_page()
        identify(page, up.demo_url, LENA)
        read(page, f"{up.demo_url}/pricing")
        qualified = time.monotonic()
        expect(inbox.get_by_role("link", name="Ostermann Guss")).to_be_visible()
        print(f"alert on the page {time.monotonic() - qualified:.2f} s after the visit qualified")
    alert = alerts.first
    expect(alert).to_contain_text("Real-time")
    expect(alert).to_contain_text("€148,000")
    expect(alert).to_contain_text("Lena Ostermann")
    expect(alert).to_contain_text("Rita Sommer")
    expect(alert.locator(".pages")).to_contain_text("/pricing")
    said = texts(inbox, lines="article.alert .strength tbody td.number", sum="article.alert .strength tfoot td.number")
    lines = [int(text.split(" of")[0]) for text in said["lines"]]
    assert sum(lines) == int(said["sum"][0]) == 9, "a deal person and an intent day"

    post_id, body = eventually(receiver.real_time, timeout_s=SEEN_S, missing="no post reached the webhook")[0]
    assert body["type"] == "alert.raised"
    assert body["data"]["level"] == "real_time"
    assert body["data"]["post_id"] == post_id
    assert body["data"]["alert"]["account_id"] == "ostermann-guss.example"
    inbox.screenshot(path=artifacts / "inbox.png", full_page=True)
    alert_id = alert.get_attribute("id")

    with unchanged(inbox), at_a_browser(chromium) as second:
        page = second.new_page()
        identify(page, up.demo_url, LENA)
        read(page, f"{up.demo_url}/comparison")
        expect(alert.locator(".pages")).to_contain_text("/comparison")
    expect(alerts).to_have_count(1)
    assert alert.get_attribute("id") == alert_id, "the same alert, updated"

    other = {"email": "ilse.brink@brinkwerk.example", "name": "Ilse Brink"}
    lose_a_deal(up, "D-1002", account={"name": "Brinkwerk", "domain": "brinkwerk.example"}, person=other)
    come_back_elsewhere(up, other)
    expect(alerts).to_have_count(2)
    eventually(lambda: len(receiver.real_time()) > 1, timeout_s=SEEN_S, missing="no post about the other company")
    told = [body["data"]["alert"]["account_id"] for _, body in receiver.real_time()]
    assert told == ["ostermann-guss.example", "brinkwerk.example"], "each once"

    inbox.get_by_role("link", name="Ostermann Guss").click()
    expect(inbox.get_by_role("heading", level=1, name="Ostermann Guss")).to_be_visible()
    inbox.screenshot(path=artifacts / "account.png", full_page=True)
    inbox.get_by_role("link", name="Lena Ostermann").first.click()
    expect(inbox.locator("#lead-hero .facts")).to_contain_text("Recycle B")
    inbox.screenshot(path=artifacts / "returned-lead.png", full_page=True)
