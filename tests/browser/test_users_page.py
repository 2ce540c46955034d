"""An operator makes a rep, who comes in by the link, and is demoted and shown out under the open page, in Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from streams.console.access.audit import entries
from tests.browser.consoles import complains, with_users
from tests.unit.console.samples import ALERT_ID

pytestmark = pytest.mark.browser
OLGA, CHOSEN = "correct horse battery", "chosen behind a link"


def arranged(chromium: Browser, url: str, complaints: list[str]) -> Page:
    page = chromium.new_context(locale="en-GB", viewport={"width": 390, "height": 844}).new_page()
    complains(page, complaints)
    page.goto(url)
    return page


def of_kim(page: Page, button: str, *, role: str = "") -> None:
    """Operates on Kim's line."""
    person = page.locator(".people > li").filter(has_text="Kim Reyes")
    person.locator("summary").click()
    if role:
        person.get_by_label("Role").select_option(role)
    person.get_by_role("button", name=button, exact=True).click()


def test_a_rep_is_made_comes_in_and_is_demoted_and_shown_out(tmp_path: Path, chromium: Browser) -> None:
    complaints = list[str]()
    with with_users(tmp_path, "Olga", "operator", OLGA) as (url, _, audit):
        olga = arranged(chromium, url, complaints)
        olga.get_by_label("Your name").fill("olga")
        olga.get_by_label("Password").fill(OLGA)
        olga.get_by_role("button", name="Sign in").click()
        olga.get_by_role("button", name="Menu").click()
        olga.get_by_role("link", name="Users").click()
        olga.get_by_label("Name", exact=False).last.fill("Kim Reyes")
        olga.get_by_role("button", name="Create, and make a one-time link").click()
        link = olga.get_by_label("One-time link").input_value()

        kim = arranged(chromium, link, complaints)
        kim.get_by_label("Password", exact=False).first.fill(CHOSEN)
        kim.get_by_label("The same again").fill(CHOSEN)
        kim.get_by_role("button", name="Keep it, and sign in").click()
        kim.wait_for_url(f"{url}/")  # whoever goes elsewhere before that takes it back
        kim.goto(f"{url}/alerts/{ALERT_ID}")
        expect(kim.get_by_role("button", name="Claim")).to_be_visible()
        expect(kim.locator("#live-state")).to_have_attribute("data-state", "live")

        olga.goto(f"{url}/users")
        expect(olga.get_by_text("No password yet")).to_have_count(0)
        of_kim(olga, "Give this role", role="viewer")
        expect(olga.get_by_role("status").filter(has_text="viewer")).to_be_visible()
        expect(kim.get_by_role("button", name="Claim")).to_have_count(0)
        of_kim(olga, "Disable")
        expect(olga.get_by_text("Kim Reyes is disabled")).to_be_visible()
        kim.wait_for_url("**/login?next=*")  # nobody clicked there
        for one in (olga, kim):
            one.context.close()
    assert complaints == []
    done = [(one.user, one.what, one.id, one.to) for one in entries(audit) if one.what.endswith((" user", "link"))]
    assert done == [
        ("Olga", "add user", "Kim Reyes", "rep"), ("Kim Reyes", "choose a password by a link", "", ""),
        ("Olga", "give role to user", "Kim Reyes", "viewer"), ("Olga", "disable user", "Kim Reyes", ""),
    ]  # fmt: skip
