"""The demo site in a real browser, against a recording collector: the snippet that users paste, under a policy."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from deploy.local.ports import free_ports
from tests.browser.recording import Event, Recorder, listening, said, tracker_file

pytestmark = pytest.mark.browser
PAGES = ("/", "/product", "/pricing", "/comparison", "/careers", "/inquiry", "/thanks")


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def demo_url(recorder: Recorder) -> Iterator[str]:
    (port,) = free_ports(1)
    with listening(tracker_file, recorder=recorder) as collector_port:
        environment = {
            "LEADSTREAM_DEMO__PORT": str(port),
            "LEADSTREAM_DEMO__COLLECTOR_URL": f"http://127.0.0.1:{collector_port}",
            "LEADSTREAM_DEMO__WRITE_KEY": "wk_demo",
        }
        with subprocess.Popen([sys.executable, "-m", "deploy.local.demo"], env=environment) as process:
            url = f"http://127.0.0.1:{port}"
            try:
                transport = httpx.HTTPTransport(retries=40)  # refused while it starts
                with httpx.Client(transport=transport, timeout=30, trust_env=False) as client:
                    assert client.get(f"{url}/healthz").text == "ok"
                yield url
            finally:
                process.terminate()
                assert process.wait(30) == 0, "ends by itself when asked"


def of(events: list[Event], page: Page) -> list[Event]:
    """What this browser sent, each event once."""
    visitor = page.evaluate("localStorage['leadstream.anonymousId']")
    return list({event["messageId"]: event for event in events if event["anonymousId"] == visitor}.values())


def test_every_page_is_seen(recorder: Recorder, demo_url: str, person: BrowserContext, artifacts: Path) -> None:
    page = person.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES:
        page.goto(f"{demo_url}{path}")
        page.wait_for_function("!Array.isArray(leadstream)")
        name = path.strip("/") or "home"
        page.screenshot(path=artifacts / f"demo-{name}.png", full_page=True)
    events = recorder.wait(lambda events: len([e for e in of(events, page) if e["type"] == "page"]) == len(PAGES))
    assert [event["properties"]["path"] for event in said(of(events, page)) if event["type"] == "page"] == list(PAGES)
    assert complaints == []


def test_the_form_says_who_asks_and_nothing_more(recorder: Recorder, demo_url: str, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{demo_url}/inquiry")
    page.get_by_label("Your name").fill("Jonas Weber")
    page.get_by_label("Work e-mail").fill("jonas.weber@brandtpapier.example")
    page.get_by_label("Company").fill("Brandt Papier")
    page.get_by_label("Your role").fill("Head of maintenance")
    page.get_by_label("What stops").fill("The winder, twice a week.")
    page.get_by_role("button", name="Send the inquiry").click()
    page.wait_for_url("**/thanks")
    both = {"form_submitted", "identify"}  # each request goes its own way
    events = recorder.wait(lambda events: both <= {e.get("event", e["type"]) for e in of(events, page)})
    (identify,) = (event for event in of(events, page) if event["type"] == "identify")
    assert identify["traits"] == {
        "name": "Jonas Weber",
        "email": "jonas.weber@brandtpapier.example",
        "company": "Brandt Papier",
        "title": "Head of maintenance",
    }
    assert not any("winder" in str(event) for event in events)


def test_what_is_not_there_is_said_in_style(demo_url: str, person: BrowserContext) -> None:
    page = person.new_page()
    answer = page.goto(f"{demo_url}/nowhere")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_role("heading", level=1).inner_text() == "This page is not on the shelf."


def test_a_missing_setting_is_one_clear_message() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.local.demo"], env={}, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("leadstream demo: LEADSTREAM_DEMO__COLLECTOR_URL: Field required")
    assert "Traceback" not in ended.stderr
