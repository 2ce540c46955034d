"""A rep with a phone in one hand: the act that is waited for comes first, within reach; tables say that they scroll."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET
from tests.browser.product import SEEN_S, eventually
from tests.unit.console.samples import ALERT_ID, Samples

pytestmark = pytest.mark.browser
SMALL: ViewportSize = {"width": 360, "height": 640}
WIDTHS = (360, 390, 820, 1280)
THUMB = 44  # px
FREE, MINE, ASLEEP = ALERT_ID, "al_claimed", "al_snoozed"
FIRST_ACTS = ((FREE, "Claim"), (MINE, "Contacted: talking"), (ASLEEP, "Claim"))
# The buttons of an alert that one sees, as the eye meets them: line by line, from the left.
SEEN = """acts => [...acts.querySelectorAll("form > .button, summary.button")].map((one) => {
  const { top, left } = one.getBoundingClientRect();
  return { top, left, says: one.textContent.trim() };
}).sort((a, b) => a.top - b.top || a.left - b.left).map((one) => one.says)"""
# What lies where the middle of a thing, or of its first line, is: itself, unless something covers it.
UNCOVERED = """one => {
  const { left, top, width, height } = one.getClientRects()[0];
  return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


@pytest.fixture
def projection(projection: Projection, samples: Samples) -> Projection:
    """With all samples."""
    projection.write(**samples.entries())
    return projection


@pytest.fixture
def phone(chromium: Browser, console: str, projection: Projection) -> Iterator[Page]:
    """Ines, signed in."""
    context = chromium.new_context(viewport=SMALL, has_touch=True, is_mobile=True, locale="en-GB")
    page = context.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    yield page
    context.close()


def acts_of(page: Page, alert_id: str) -> Locator:
    return page.locator(f"#alert-{alert_id} .actions")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_act_that_an_alert_waits_for_comes_first(phone: Page, console: str, width: int) -> None:
    """In the document, on the screen and at the tabulator, in the inbox and where the alert is opened."""
    phone.set_viewport_size({"width": width, "height": 640})
    for alert_id, name in FIRST_ACTS:
        for path in ("/?whose=all", f"/alerts/{alert_id}"):
            phone.goto(console + path)
            acts = acts_of(phone, alert_id)
            assert acts.evaluate(SEEN)[0] == name, f"{path} at {width} px"
            expect(acts.get_by_role("button").first).to_have_text(name)
            expect(acts.locator(".button--main")).to_have_text(name)
            phone.locator(f"#alert-{alert_id} a").last.focus()  # the last before the acts
            phone.keyboard.press("Tab")
            expect(acts.get_by_role("button", name=name)).to_be_focused()


def test_an_act_of_somebody_else_is_not_put_forward(phone: Page, console: str) -> None:
    """Inside a hold nothing is: there is only information."""
    phone.goto(f"{console}/alerts/al_held")
    expect(acts_of(phone, "al_held").get_by_role("button").first).to_have_text("Claim")
    phone.goto(f"{console}/alerts/{MINE}")
    expect(acts_of(phone, MINE).get_by_role("button").last).to_have_text("Give back")


def test_it_stays_within_reach_of_a_thumb_while_one_reads(phone: Page, console: str) -> None:
    for alert_id, name in FIRST_ACTS:
        phone.goto(f"{console}/alerts/{alert_id}")
        act = acts_of(phone, alert_id).get_by_role("button", name=name, exact=True)
        expect(act).to_be_in_viewport(ratio=1)
        assert phone.evaluate("scrollY") == 0
        box = act.bounding_box()
        assert box is not None
        assert (box["height"] >= THUMB, box["width"] > 200) == (True, True)
        assert act.evaluate(UNCOVERED)
        phone.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        assert act.evaluate(UNCOVERED), "it lies in its place at the end, and nothing covers it"
        for other in acts_of(phone, alert_id).get_by_role("button").all():
            found = other.bounding_box()
            assert found is not None
            assert found["height"] >= THUMB, other.inner_text()


def test_it_covers_nothing_that_has_focus(phone: Page, console: str) -> None:
    """WCAG 2.2, 2.4.11."""
    phone.goto(f"{console}/alerts/{FREE}")
    links = phone.locator(f"#alert-{FREE} a")
    links.first.focus()
    for number in range(links.count()):
        expect(links.nth(number)).to_be_focused()
        assert links.nth(number).evaluate(UNCOVERED), links.nth(number).inner_text()
        phone.keyboard.press("Tab")


def test_a_table_that_is_wider_than_the_phone_says_so_and_scrolls_by_itself(phone: Page, console: str) -> None:
    phone.goto(f"{console}/accounts/northwind-robotics.example")
    people = phone.get_by_role("region", name="People")
    hidden = "one => one.scrollWidth - one.clientWidth"
    assert people.evaluate(hidden) > 0
    assert phone.locator("html").evaluate(hidden) == 0
    assert people.evaluate("one => getComputedStyle(one).backgroundImage").count("linear-gradient") == 4
    name = people.get_by_role("link", name="Mara Lindqvist")
    before = name.bounding_box()
    people.focus()
    for _ in range(10):
        phone.keyboard.press("ArrowRight")
    eventually(lambda: people.evaluate("one => one.scrollLeft") > 20, timeout_s=SEEN_S, missing="no arrow moved it")
    after = name.bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] == before["x"], "who it is stays in sight"
