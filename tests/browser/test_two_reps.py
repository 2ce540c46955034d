"""Two reps press Claim at the same moment, on the whole product: one has it, the other sees who; then it is worked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from deploy.local.vault import kept_secrets
from tests.browser.product import SEEN_S, Up, eventually, leadstream_up
from tests.browser.test_story import come_back_elsewhere, lose_a_deal

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(480)]

PERSON = {"email": "ilse.brink@brinkwerk.example", "name": "Ilse Brink"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("two-reps")
    try:
        with leadstream_up(home, "--no-story", environment={}) as one:
            yield one
    finally:
        shutil.copytree(home / "logs", artifacts / "two-reps-logs", dirs_exist_ok=True)


def signed_in(chromium: Browser, up: Up, name: str) -> Page:
    page = chromium.new_context(locale="en-GB").new_page()
    page.goto(up.console_url)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(kept_secrets(up.home).console_password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    return page


def owner_of(alert: Locator) -> str:
    return alert.locator(".owner").inner_text()


def test_one_has_it_the_other_sees_who_and_it_is_worked_to_its_end(up: Up, chromium: Browser, artifacts: Path) -> None:
    pages = {name: signed_in(chromium, up, name) for name in ("Ines Duarte", "Tom Berg")}
    lose_a_deal(up, "D-2001", account={"name": "Brinkwerk", "domain": "brinkwerk.example"}, person=PERSON)
    come_back_elsewhere(up, PERSON)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for page in pages.values():
        expect(page.get_by_role("link", name="Brinkwerk", exact=True)).to_be_visible()
        page.evaluate("window.sameDocument = true")
        page.route("**/claim", hold)  # both have pressed before either is heard
        page.get_by_role("button", name="Claim").click(no_wait_after=True)
    eventually(lambda: len(held) == 2 or pages["Tom Berg"].wait_for_timeout(20), timeout_s=SEEN_S, missing="two claims")
    for one in held:
        one.continue_()

    alerts = {name: page.locator("article.alert") for name, page in pages.items()}
    for alert in alerts.values():
        expect(alert).to_contain_text("Claimed by")
        expect(alert.get_by_role("button", name="Claim")).to_have_count(0)
    winner = next(name for name, alert in alerts.items() if "Claimed by you" in owner_of(alert))
    loser = next(name for name in pages if name != winner)
    assert f"Claimed by {winner}" in owner_of(alerts[loser])
    expect(pages[winner].locator("#did")).to_contain_text("You have Brinkwerk.")
    expect(pages[loser].locator("#did")).to_contain_text(f"{winner} was faster and has Brinkwerk.")
    pages[loser].screenshot(path=artifacts / "second-rep.png", full_page=True)

    expect(alerts[winner].get_by_role("button", name="Contacted: talking")).to_have_count(0)  # inside the hold
    alerts[winner].locator("summary").click()
    alerts[winner].get_by_role("button", name="Not now").click()
    for page in pages.values():
        expect(page.locator("article.alert")).to_have_count(0)
        expect(page.locator("#did")).to_contain_text("Brinkwerk is closed: Not now.")
        assert page.evaluate("window.sameDocument") is True, "nobody reloaded"
