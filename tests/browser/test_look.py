"""The look in a real Chromium: a person's own choice of colours, paper, the menu of a phone, the keyboard."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streams.console.app import one_time_link
from tests.browser.consoles import SECRET
from tests.browser.looking import PHONE

pytestmark = pytest.mark.browser
LIGHT, DARK, PAPER = "rgb(245, 246, 247)", "rgb(17, 22, 27)", "rgb(255, 255, 255)"


@pytest.fixture
def page(person: BrowserContext, console: str) -> Page:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    return page


def test_colours_follow_the_device_until_somebody_chooses(page: Page, console: str) -> None:
    page.emulate_media(color_scheme="light")
    expect(page.locator("body")).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.emulate_media(color_scheme="dark", media="print")
    expect(page.locator("body")).to_have_css("background-color", PAPER)

    page.emulate_media(color_scheme="light", media="screen")
    page.goto(f"{console}/me")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Use these").click()
    expect(page.get_by_label("Dark")).to_be_checked()
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.get_by_label("Light").check()
    page.get_by_role("button", name="Use these").click()
    expect(page.get_by_label("Light")).to_be_checked()
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", LIGHT)


def test_the_menu_of_a_phone_opens_closes_and_says_where_one_is(page: Page) -> None:
    menu, opener = page.get_by_role("navigation", name="Main"), page.get_by_role("button", name="Menu")
    expect(menu).to_be_visible()
    expect(opener).to_be_hidden()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(menu).to_be_hidden()
    opener.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(menu.locator("[aria-current]")).to_have_text("Inbox")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    menu.get_by_role("link", name="Leads").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leads")
    expect(menu).to_be_hidden()


def test_the_first_tab_leads_past_the_menu(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
