"""The page of a lead in a real Chromium: its curve, the checks, a merge with its preview; on a phone; no scripts."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page, expect

from schemas.activity import Version
from schemas.codec import encode
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, running
from tests.unit.console.folded_lead import ADA, BO, People

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def people() -> People:
    """Two who are one, as nobody has said yet; a meeting took place with the first."""
    made = People(time_ns() // 1_000_000).came().came(BO, name="Bo Vance", visitor="v-phone")
    return made.says("accepted", ago=3_600_000).says("held", ago=1_800_000)


@pytest.fixture(scope="module")
def projection(valkey: str, people: People) -> Iterator[Projection]:
    made = Projection.connect(valkey)
    made.write(leads=[(who, encode(people.card(who))) for who in (ADA, BO)])
    made.beat(people.now)
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(valkey: str, projection: Projection) -> Iterator[str]:
    with running(valkey) as url:
        yield url


def signed_in(person: BrowserContext, console: str) -> tuple[Page, list[str]]:
    """A page of an operator, and what its console complained of."""
    page, said = person.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    return page, said


def test_the_whole_page(console: str, person: BrowserContext, artifacts: Path) -> None:
    page, complaints = signed_in(person, console)
    page.goto(f"{console}/leads/{ADA}")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    expect(page.get_by_role("img", name="Score over time, with the threshold")).to_be_visible()
    expect(page.locator(".curve-past")).to_have_attribute("d", re.compile(r"^M[\d. L]+$"))
    page.get_by_text("The same as a table").click()
    expect(page.locator(".curve-table tr.is-now")).to_be_visible()
    page.screenshot(path=artifacts / "lead.png", full_page=True)

    # The checks: what is missing is said beside it, and nothing that was answered is lost.
    checks = page.locator("#checks")
    for name in ("budget", "authority", "needs", "timeframe", "problem", "obstacle"):
        checks.locator(f'input[name="{name}"][value="yes"]').check()
    checks.locator('input[name="solution"][value="no"]').check()
    checks.get_by_label("Which effect do they expect?").fill("<b>30 %</b> less scrap")
    checks.evaluate("form => form.noValidate = true")
    checks.get_by_label("Which effect do they expect?").fill(" ")
    checks.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    expect(page.locator("#checked-effect-wrong")).to_be_visible()
    expect(page.locator('#checks input[name="solution"][value="no"]')).to_be_checked()

    # A merge: found, foreseen, and ordered only with a reason.
    page.goto(f"{console}/leads/{BO}")  # Ada has another name where the test beneath came first
    page.get_by_label("The same person as").fill("ada")
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator("#found a").click()
    expect(page.locator("#foreseen")).to_contain_text(re.compile("The engagement of Ada Vance(-Reed)? becomes about"))
    page.screenshot(path=artifacts / "lead-merge.png", full_page=True)
    assert [one for one in complaints if "422" not in one] == []


def test_what_is_typed_stays_while_the_page_comes_up_to_date(
    console: str, projection: Projection, people: People, person: BrowserContext
) -> None:
    page, _ = signed_in(person, console)
    page.goto(f"{console}/leads/{ADA}")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.get_by_text("Not now", exact=True).first.click()
    form = page.locator("#say-disposition")
    form.locator("[name=reason]").select_option("not_now")
    form.locator("[name=until]").fill("2031-02-03")
    newer = replace(people.card(), version=Version(1, 0), name="Ada Vance-Reed")
    projection.write(leads=[(ADA, encode(newer))])
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Vance-Reed")
    expect(form.locator("[name=reason]")).to_have_value("not_now")
    expect(form.locator("[name=until]")).to_have_value("2031-02-03")


def test_on_a_phone_nothing_runs_over(chromium: Browser, console: str, artifacts: Path) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB")
    try:
        page, complaints = signed_in(context, console)
        page.goto(f"{console}/leads/{ADA}")
        expect(page.locator("#curve svg")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=artifacts / "lead-phone.png", full_page=True)
        assert complaints == []
    finally:
        context.close()


def test_without_scripts_it_is_all_there(chromium: Browser, console: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
        page.goto(f"{console}/leads/{ADA}")
        expect(page.locator("#curve svg")).to_be_visible()
        page.get_by_label("Show").select_option("Stage moves")
        page.get_by_role("button", name="Narrow").click()
        page.wait_for_url("**kind=moves**")  # the page before it says the same of what was chosen
        expect(page.get_by_label("Show")).to_have_value("moves")
        assert page.locator("#timeline li").count() == page.locator("#timeline .is-move").count() > 0
    finally:
        context.close()
