"""The inbox as a rep uses it: at the keyboard, on a phone, told by the browser; honest while Redis is filled anew."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.codec import encode
from streams.console.app import one_time_link
from streams.readmodel.fills import Fills
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET
from tests.unit.console.lead_samples import DAY
from tests.unit.console.samples import ALERT_ID, Samples

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
ASKED, FIRST, HELD = (f"#alert-{one}" for one in ("al_asked", ALERT_ID, "al_held"))
FOCUSED = "document.activeElement.closest('article.alert')?.id ?? ''"
# Steps follow each other, whichever tab takes them: once this one is done, so are those that the tabs took before.
LOOKED_UP = """new Promise((end, fail) => {
  const asked = indexedDB.open("leadstream", 1);
  asked.onerror = fail;
  asked.onsuccess = () => {
    const step = asked.result.transaction("told", "readwrite");
    step.objectStore("told").get("ids");
    step.oncomplete = () => end(null);
    step.onabort = fail;
  };
})"""


@pytest.fixture
def projection(projection: Projection, samples: Samples) -> Projection:
    """With all samples."""
    projection.write(**samples.entries())
    return projection


def write(projection: Projection, *alerts: AlertCard) -> None:
    projection.write(alerts=[(one.alert_id, encode(one)) for one in alerts])


def is_fetched(request: Request) -> bool:
    """By a script."""
    return request.resource_type in ("fetch", "xhr")


def opened(context: BrowserContext, console: str) -> Page:
    page = context.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.evaluate("window.sameDocument = true")
    return page


def test_all_is_done_at_the_keyboard_and_focus_is_kept_over_live_updates(
    person: BrowserContext, console: str, projection: Projection, samples: Samples
) -> None:
    page = opened(person, console)
    for one in (ASKED, FIRST, HELD):
        page.keyboard.press("j")
        expect(page.locator(one)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(FIRST)).to_be_focused()
    weaker = replace(samples.alert(), version=Version(3, 0), strength=samples.strength(1, 0, 0, 0, 0, 0), updates=8,
                     hold_until=samples.now + DAY)  # fmt: skip
    write(projection, weaker)  # it moves below the others
    expect(page.locator(FIRST)).to_contain_text("updated 8")
    expect(page.locator("article.alert").nth(1)).to_have_id("alert-al_held")
    expect(page.locator(FIRST)).to_be_focused()

    page.keyboard.press("x")
    expect(page.locator(f"{FIRST} details.dismiss")).to_have_attribute("open", "")
    page.keyboard.press("x")
    expect(page.locator(f"{FIRST} details.dismiss")).not_to_have_attribute("open", "")
    page.keyboard.press("c")
    expect(page.locator(FIRST).get_by_role("alert")).to_contain_text("Nothing has changed")
    assert page.evaluate(FOCUSED) == f"alert-{ALERT_ID}", "the answer took its place"
    write(projection, replace(weaker, version=Version(4, 0), status="done", offers=(), closed_reason="talking"))
    expect(page.locator(FIRST)).to_have_count(0)
    assert page.evaluate(FOCUSED).startswith("alert-"), "at the one that took its place"
    expect(page.locator("#did")).to_contain_text("Northwind Robotics is closed: Talking.")
    assert page.evaluate("window.sameDocument") is True

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*")
    page.go_back()
    page.keyboard.press("1")
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "page")


def test_single_keys_can_be_turned_off(person: BrowserContext, console: str, projection: Projection) -> None:
    page = opened(person, console)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys act on alerts").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) == ""


def test_a_rep_on_a_phone(chromium: Browser, console: str, projection: Projection, artifacts: Path) -> None:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="en-GB")
    page = opened(context, console)
    for address in ("/?whose=all", f"/alerts/{ALERT_ID}", "/accounts/northwind-robotics.example"):
        page.goto(console + address)
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{address} is {wide} px wider than the phone"
    page.goto(console)
    card = page.locator(FIRST)
    for name in ("Claim", "Snooze", "Contacted: talking"):
        box = card.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44, f"{name} is too low for a thumb"
    card.locator("summary").tap()
    expect(card.get_by_role("button", name="Wrong company")).to_be_visible()
    page.screenshot(path=artifacts / "inbox-phone.png")
    context.close()


def test_an_alert_is_told_once_by_the_browser_whatever_is_open(
    person: BrowserContext, console: str, projection: Projection, samples: Samples
) -> None:
    person.grant_permissions(["notifications"], origin=console)
    person.add_init_script(
        "window.told = []; window.asked = 0;"
        "class Told extends EventTarget { constructor(title, said) { super(); window.told.push([title, said.body]); }"
        " static permission = 'granted';"
        " static async requestPermission() { window.asked += 1; return 'granted'; } }"
        "window.Notification = Told;"
    )
    pages = [opened(person, console) for _ in range(3)]
    first = pages[0]
    assert first.evaluate("window.asked") == 0, "nobody is asked who did not want it"
    first.get_by_role("button", name="Notify me in this browser").click()
    for page in pages:
        expect(page.locator("#notify")).to_have_text("Notifications are on")
    fresh = replace(samples.alert(), alert_id="al_new", account_name="Osprey Marine", real_time_at=samples.now)
    write(projection, fresh)
    for page in pages:
        expect(page.locator("#alert-al_new")).to_be_visible()
    write(projection, replace(fresh, version=Version(9, 0), updates=5))
    for page in pages:
        expect(page.locator("#alert-al_new")).to_contain_text("updated 5")
    for page in pages:
        page.evaluate(LOOKED_UP)
    told = [one for page in pages for one in page.evaluate("window.told")]
    assert told == [["Osprey Marine is back", "Return strength 19"]]
    assert first.evaluate("window.asked") == 1


def test_of_the_tabs_that_nobody_looks_at_one_keeps_itself_up_to_date(
    person: BrowserContext, console: str, projection: Projection, samples: Samples
) -> None:
    """Forty tabs of one person must not fetch forty pages at each change."""
    person.add_init_script(
        "window.looked = false;"
        "Object.defineProperty(document, 'visibilityState', { get: () => window.looked ? 'visible' : 'hidden' });"
    )
    first = opened(person, console)
    with person.expect_event("response", lambda one: is_fetched(one.request) and one.request.frame.page != first):
        second = opened(person, console)  # what it asks for when its stream begins would else bring the news
    fetched: list[str] = []
    second.on("request", lambda one: fetched.append(one.url) if is_fetched(one) else None)
    write(projection, replace(samples.alert(), version=Version(5, 0), updates=5))
    expect(first.locator(FIRST)).to_contain_text("updated 5")
    expect(second.locator(FIRST)).to_contain_text("updated 2")
    assert fetched == []
    second.evaluate("window.looked = true; document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.locator(FIRST)).to_contain_text("updated 5")
    first.close()
    second.evaluate("window.looked = false")
    write(projection, replace(samples.alert(), version=Version(6, 0), updates=6))
    expect(second.locator(FIRST)).to_contain_text("updated 6")


def test_five_hundred_alerts_are_walked_through_in_pages(
    person: BrowserContext, console: str, projection: Projection, samples: Samples
) -> None:
    one = samples.alert()
    write(projection, *(replace(one, alert_id=f"al_{number:04d}") for number in range(500)))
    page = opened(person, console)
    expect(page.locator("article.alert")).to_have_count(20)
    page.keyboard.press("]")
    expect(page.locator(".pager")).to_contain_text("Page 2 of 26")
    stronger = replace(one, alert_id="al_0499", version=Version(5, 0), strength=samples.strength(2, 2, 2, 2, 1, 3))
    write(projection, stronger)
    page.keyboard.press("[")
    expect(page.locator("article.alert").nth(1)).to_have_id("alert-al_0499")  # behind who asked


def test_a_page_stays_open_while_redis_is_emptied_and_filled_anew(
    person: BrowserContext, console: str, valkey: str, projection: Projection, samples: Samples
) -> None:
    page = opened(person, console)
    expect(page.locator("article.alert")).to_have_count(6)
    projection._redis.flushall()
    fills = Fills.connect(valkey)
    fills.begin("alerts.0", total=200)
    fills.note("alerts.0", done=50, total=200)
    write(projection, samples.alert())
    expect(page.locator("article.alert")).to_have_count(1)
    expect(page.get_by_text("being filled from Kafka: 25%")).to_be_visible()
    fills.end("alerts.0")
    projection.beat(samples.now)
    projection.write(**samples.entries())
    expect(page.locator("article.alert")).to_have_count(6)
    expect(page.get_by_text("being filled from Kafka")).to_have_count(0)
    assert page.evaluate("window.sameDocument") is True
    fills.close()
