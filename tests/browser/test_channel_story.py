"""The whole story through every channel: they come back, sales is told, somebody claims it and talks, the lead returns.

A real browser on the site, a real worker, and the far end of each channel in this process. One start of the product
serves all channels: one salesperson is told through each.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.far_ends import CHANNELS, FarEnds, far_ends
from tests.browser.product import SEEN_S, Up, eventually, leadstream_up
from tests.browser.reader import at_a_browser, read
from tests.browser.test_story import sent

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(480)]

RITA = {"name": "Rita Sommer", "email": "rita.sommer@fernbolt.example"}
LENA = {"name": "Lena Ostermann", "email": "lena.ostermann@ostermann-guss.example"}
SIX = {
    "Lost deal": "148,000", "Who": "Lena Ostermann", "Looked at": "/pricing", "Score": "R 1",
    "Next": "Value case first",
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """Where it stands once somebody was told: the inbox of who was, as a page that nobody loads again."""

    up: Up
    far: FarEnds
    inbox: Page


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, chromium: Browser, artifacts: Path) -> Iterator[Story]:
    """Lena's deal was lost on the price, longer ago than one waits after that; now she reads the prices."""
    home = tmp_path_factory.mktemp("channels")
    rules = home / "rules"
    rules.mkdir()
    try:
        with far_ends() as far:
            (rules / "routing.toml").write_text(far.routing(RITA["email"]))
            options = ("--no-story", "--rules-dir", str(rules))
            told = dict(far.environment())
            with leadstream_up(home, *options, environment=told) as up, at_a_browser(chromium) as rep:
                inbox = rep.new_page()
                inbox.goto(up.console_link)
                expect(inbox.locator("#live-state")).to_have_attribute("data-state", "live")
                inbox.evaluate("window.sameDocument = true")
                _lost(up)
                _comes_back(chromium, up)
                yield Story(up, far, inbox)
    finally:
        shutil.copytree(home / "logs", artifacts / "channel-story-logs", dirs_exist_ok=True)


def _lost(up: Up) -> None:
    deal = {
        "deal_id": "D-2001", "status": "lost", "lost_reason": "price", "amount": 148_000, "currency": "EUR",
        "lost_at": (datetime.now(UTC) - timedelta(weeks=30)).isoformat(), "owner": RITA,
        "account": {"name": "Ostermann Guss", "domain": "ostermann-guss.example"}, "people": [LENA],
    }  # fmt: skip
    sent(up, "/v1/crm/generic", json=deal, auth=(up.server_key, ""))


def _comes_back(chromium: Browser, up: Up) -> None:
    with at_a_browser(chromium) as context:
        page = context.new_page()
        page.goto(up.demo_url)
        page.evaluate("person => leadstream.identify(person)", LENA)
        read(page, f"{up.demo_url}/pricing")


def test_from_the_arrival_to_the_talk_each_channel_is_told_and_the_lead_returns(story: Story, artifacts: Path) -> None:
    inbox, far = story.inbox, story.far
    alert = inbox.locator("article.alert")
    expect(alert).to_contain_text("Ostermann Guss")
    expect(alert).to_contain_text("Real-time")
    expect(alert).to_contain_text("Nobody has this yet")
    for channel in CHANNELS:
        eventually(lambda channel=channel: far.texts(channel), timeout_s=SEEN_S, missing=f"nothing came to {channel}")
        _is_in_six_lines(far.texts(channel)[0], channel)
    assert inbox.evaluate("window.sameDocument") is True, "nobody loaded it again"

    alert.get_by_role("button", name="Claim").click()
    expect(alert).to_contain_text("Claimed by you")
    eventually(lambda: far.slack_buttons() and "claim" not in far.slack_buttons(), timeout_s=SEEN_S,
               missing="Slack's message still offers to claim it")  # fmt: skip
    assert "contacted" in far.slack_buttons()
    alert.get_by_role("button", name="Contacted: talking").click()
    expect(alert).to_have_count(0)
    eventually(lambda: far.slack_buttons() == ["open"], timeout_s=SEEN_S, missing="Slack's message is still open")
    inbox.goto(f"{story.up.console_url}/closed")
    expect(alert).to_contain_text("Ostermann Guss")
    expect(alert).to_contain_text("Done")
    inbox.get_by_role("link", name="Lena Ostermann").first.click()
    facts = inbox.locator("#lead-hero .facts")
    expect(facts).to_contain_text("Meeting")
    expect(inbox.locator("main")).to_contain_text("T13: Answered an alert: they talk leads to Meeting")
    inbox.screenshot(path=artifacts / "channel-story-lead.png", full_page=True)
    assert {channel: len(far.texts(channel)) for channel in CHANNELS} == dict.fromkeys(CHANNELS, 1), "each told once"


def _is_in_six_lines(text: str, channel: str) -> None:
    """The company and after how long, then the five others, each with what it is about."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Ostermann Guss: back after "))
    for label, part in SIX.items():
        said = [line for line in lines[first:] if line.startswith(f"{label}: ")]
        assert len(said) == 1, f"{channel} says {label} {len(said)} times: {text}"
        assert part in said[0], f"{channel}: {text}"
