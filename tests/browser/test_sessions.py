"""A rep signs out in other browsers: the page open in another leads to the sign-in, this one goes on, in Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.consoles import complains, with_users

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def come(chromium: Browser, url: str, complaints: list[str]) -> Page:
    """A browser of its own."""
    page = chromium.new_context(locale="en-GB").new_page()
    complains(page, complaints)
    page.goto(url)
    page.get_by_label("Your name").fill("ines duarte")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    return page


def test_other_browsers_are_shown_out_and_this_one_stays(tmp_path: Path, chromium: Browser) -> None:
    complaints = list[str]()
    with with_users(tmp_path, "Ines Duarte", "rep", PASSWORD) as (url, _, _):
        there, here = come(chromium, url, complaints), come(chromium, url, complaints)
        beside = here.context.new_page()  # another tab of this browser
        beside.goto(url)
        expect(beside.locator("#live-state")).to_have_attribute("data-state", "live")
        here.goto(f"{url}/me")
        here.get_by_role("button", name="Sign out in other browsers").click()
        expect(here.get_by_role("status").filter(has_text="This one goes on.")).to_be_visible()
        there.wait_for_url("**/login?next=*")  # nobody clicked there
        expect(beside.locator("#live-state")).to_have_attribute("data-state", "live")
        beside.reload()
        expect(beside).to_have_url(f"{url}/")
        for one in (there, here):
            one.context.close()
    assert complaints == []
