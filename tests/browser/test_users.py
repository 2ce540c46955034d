"""A user of the file at the real console, in a real Chromium: comes in, sees what a viewer sees, and is shown out."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from streams.console.access.audit import entries
from streams.console.access.user_book import opened
from tests.browser.consoles import with_users
from tests.browser.product import SEEN_S, eventually
from tests.unit.console.samples import ALERT_ID

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def test_a_viewer_comes_looks_and_is_shown_out_when_disabled(tmp_path: Path, person: BrowserContext) -> None:
    """Under the strict policy: whatever the browser complains of would be a script or style that it refused."""
    with with_users(tmp_path, "Vera", "viewer", PASSWORD) as (url, users, audit):
        page, complaints = person.new_page(), list[str]()
        page.on("console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None)
        page.goto(f"{url}/alerts/{ALERT_ID}")
        page.get_by_label("Your name").fill("vera")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(f"#alert-{ALERT_ID}")).to_be_visible()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        expect(page.get_by_role("button", name="Claim")).to_have_count(0)
        expect(page.get_by_role("link", name="Rejected")).to_have_count(0)
        page.get_by_role("link", name="Vera").click()
        expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()
        assert complaints == []
        page.go_back()
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        with opened(users) as book:
            book.disable("Vera")
        eventually(lambda: page.request.get(f"{url}/leads", max_redirects=0).status == 303, timeout_s=SEEN_S,
                   missing="the session did not end")  # fmt: skip
    assert [one.what for one in entries(audit)][:2] == ["sign in", "alert"]
