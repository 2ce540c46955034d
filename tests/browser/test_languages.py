"""Korean in a real Chromium: chosen in /me, kept over live updates, and as wide as a phone."""

import re
from collections.abc import Iterator
from time import time_ns

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from deploy.local.embedded import embedded_valkey
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, running
from tests.browser.looking import PHONE
from tests.unit.console.samples import ALERT_ID, LEAD_ID, Samples

pytestmark = pytest.mark.browser
ACCOUNT = "/accounts/northwind-robotics.example"
PAGES = ("/", f"/alerts/{ALERT_ID}", "/leads", f"/leads/{LEAD_ID}", "/accounts", ACCOUNT, "/channels", "/me")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def console() -> Iterator[str]:
    samples = Samples(now=time_ns() // 1_000_000)
    with embedded_valkey() as valkey, running(valkey) as url:
        projection = Projection.connect(valkey)
        projection.write(**samples.entries())
        projection.beat(samples.now)
        yield url
        projection.close()


@pytest.fixture
def page(person: BrowserContext, console: str) -> Page:
    page = person.new_page()
    page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
    return page


def _answered_but_to_scripts(route: Route) -> None:
    (route.abort if route.request.resource_type == "fetch" else route.continue_)()


def test_somebody_chooses_korean_and_the_inbox_is_korean_on_a_phone_too(page: Page, console: str) -> None:
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.goto(f"{console}/me")
    page.get_by_label("한국어").check()
    page.get_by_role("button", name="Use this language").click()
    expect(page.get_by_role("button", name="이 언어 사용")).to_be_visible()
    expect(page.get_by_label("한국어")).to_be_checked()

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in PAGES:
        page.goto(console + path)
        assert page.locator("html").get_attribute("lang") == "ko"
        assert page.evaluate(WIDER) <= 0, f"{path} is wider than a phone"
    page.goto(console)
    expect(page.get_by_role("heading", name="받은 알림")).to_be_visible()
    first = page.locator(f"#alert-{ALERT_ID}")
    expect(first).to_contain_text("45일 만에 재방문")
    expect(first.get_by_role("button", name="맡기")).to_be_visible()

    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{console}/me")
    page.get_by_label("As the browser asks").or_(page.get_by_label("브라우저 설정대로")).check()
    page.get_by_role("button", name="이 언어 사용").click()
    expect(page.get_by_role("button", name="Use this language")).to_be_visible()


def test_the_browser_keeps_times_going_in_the_language_of_the_page(page: Page, console: str) -> None:
    page.goto(f"{console}/me")
    page.get_by_label("한국어").check()
    page.get_by_role("button", name="Use this language").click()
    expect(page.get_by_role("button", name="이 언어 사용")).to_be_visible()
    page.clock.install()
    page.route(f"{console}/", _answered_but_to_scripts)  # else the page comes up to date while the test looks at it
    page.goto(console)
    time = page.locator(f"#alert-{ALERT_ID} .alert-lead a time")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    time.evaluate("one => { one.textContent = ''; }")
    page.clock.run_for(16_000)  # the next look at the clock; the page is fetched anew later
    expect(time).to_have_text(re.compile("^[0-9]+분 전$"))
    korean = "^20[0-9]{2}년 [0-9]+월 [0-9]+일 (오전|오후) [0-9]+:[0-9]{2} UTC$"
    expect(time).to_have_attribute("title", re.compile(korean))
    page.context.add_cookies([{"name": "leadstream_language", "value": "en", "url": console}])
    page.goto(console)
    expect(time).to_have_attribute("title", re.compile("^[0-9]+ [A-Z][a-z]+ 20[0-9]{2}, [0-9]{2}:[0-9]{2} UTC$"))
