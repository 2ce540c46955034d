"""The search field in a real Chromium: reached by a key, answered as one types, walked through by arrows."""

import re
from collections.abc import Iterator
from time import time_ns

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page, Route, expect

from schemas.codec import encode
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, running
from tests.browser.product import SEEN_S, eventually
from tests.unit.console.samples import LEAD_ID, Samples

pytestmark = pytest.mark.browser
AT_ITS_END = "void (window.ended = new Promise((end) => document.addEventListener('htmx:finally:request', end)))"


@pytest.fixture(scope="module")
def samples() -> Samples:
    return Samples(now=time_ns() // 1_000_000)


@pytest.fixture(scope="module")
def projection(valkey: str, samples: Samples) -> Iterator[Projection]:
    made = Projection.connect(valkey)
    made.write(**samples.entries())
    made.beat(samples.now)
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(valkey: str, projection: Projection) -> Iterator[str]:
    with running(valkey) as url:
        yield url


def test_a_rep_finds_a_person_without_the_mouse(console: str, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    page.goto(f"{console}/leads")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("lindq")
    hit = page.locator("#find-found a", has_text="Mara Lindqvist")
    expect(hit).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/leads/{LEAD_ID}$"))


def test_escape_closes_and_enter_opens_the_page_of_results(console: str, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    field = page.get_by_role("searchbox")
    field.press_sequentially("northwind")
    expect(page.locator("#find-found li")).to_have_count(2)
    field.press("Escape")
    expect(page.locator("#find-found")).to_be_empty()
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “northwind”")
    expect(page.get_by_role("link", name="Northwind Robotics")).to_be_visible()


def test_results_that_were_closed_stay_closed_though_an_answer_comes_late(console: str, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    field, found = page.get_by_role("searchbox"), page.locator("#find-found")
    late = asked(page, "nort", "h")
    field.press("Escape")
    expect(found).to_be_empty()
    answered(page, late)
    assert found.inner_html() == ""


@pytest.mark.parametrize(("more", "stays"), [("h", True), ("x", False)], ids=["the same", "others"])
def test_who_walks_through_results_keeps_the_place_though_an_answer_comes_late(
    console: str, person: BrowserContext, more: str, stays: bool
) -> None:
    """Where what one stands at is no result any more, that is the field."""
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    field, hit = page.get_by_role("searchbox"), page.locator("#find-found a", has_text="Northwind").first
    late = asked(page, "nort", more)
    field.press("ArrowDown")
    expect(hit).to_be_focused()
    answered(page, late)
    expect(hit if stays else field).to_be_focused()


def asked(page: Page, text: str, more: str) -> Route:
    """Results of `text` are shown, those of what was typed behind it are on their way."""
    held, field = list[Route](), page.get_by_role("searchbox")
    field.press_sequentially(text)
    expect(page.locator("#find-found li")).to_have_count(2)

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/search?q={text}{more}", hold)
    field.press_sequentially(more)
    eventually(lambda: held or page.wait_for_timeout(20), timeout_s=SEEN_S, missing="nothing was asked")
    return held[0]


def answered(page: Page, late: Route) -> None:
    """It came, and the page is done with it."""
    page.evaluate(AT_ITS_END)
    late.continue_()
    page.evaluate("window.ended.then(() => true)")


def test_what_is_typed_stays_while_the_page_comes_up_to_date(
    console: str, projection: Projection, samples: Samples, person: BrowserContext
) -> None:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    page.goto(f"{console}/leads")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.get_by_role("searchbox").press_sequentially("mara")
    expect(page.locator("#find-found li")).to_have_count(1)
    other = replace(samples.lead(), lead_id="another", name="Ada Aker", email="")
    projection.write(leads=[(other.lead_id, encode(other))])
    expect(page.locator("#lead-another")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("mara")
    expect(page.locator("#find-found li")).to_have_count(1)
