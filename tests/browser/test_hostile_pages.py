"""Row 39 in a real browser: on pages full of hostile text nothing runs, nothing is fetched and no policy is broken."""

from time import time_ns
from typing import Final

import pytest
from msgspec import json
from playwright.sync_api import BrowserContext, expect

from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, running
from tests.hostile import PAYLOADS, poisoned, poisons
from tests.unit.console.samples import ALERT_ID, LEAD_ID, Samples

pytestmark = pytest.mark.browser
PAGES: Final = (
    "/?whose=all", f"/alerts/{ALERT_ID}", "/leads", f"/leads/{LEAD_ID}", "/accounts/northwind-robotics.example",
    "/rejected", "/search?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
)  # fmt: skip
TURNS: Final = range(0, len(PAYLOADS), 57)  # a page has about a hundred texts: in four turns each was somewhere
WATCH: Final = """
window.broken = [];
document.addEventListener('securitypolicyviolation', event => window.broken.push(event.violatedDirective));
window.alert = window.confirm = window.prompt = text => window.broken.push('ran ' + text);
"""


def test_nothing_runs_and_nothing_is_fetched(person: BrowserContext, valkey: str) -> None:
    samples, asked, dialogs = Samples(now=time_ns() // 1_000_000), set[str](), list[str]()
    projection = Projection.connect(valkey)
    projection.beat(samples.now)
    with running(valkey) as console:
        person.add_init_script(WATCH)
        page = person.new_page()
        page.on("request", lambda request: asked.add(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(one_time_link(SECRET, console, name="Ines Duarte"))
        for turn in TURNS:
            texts = poisons(turn)
            projection.write(**{
                kind: [(name, json.encode(poisoned(json.decode(body), texts, version=1_000 + turn)))
                       for name, body in entries] for kind, entries in samples.entries().items()
            })  # fmt: skip
            for path in PAGES:
                page.goto(console + path)
                expect(page.locator("h1").first).to_be_attached()
                assert page.evaluate("window.broken") == [], (turn, path)
                assert page.evaluate("[...document.scripts].every(one => one.src.startsWith(location.origin))")
                assert page.evaluate("document.querySelectorAll('iframe, object, embed, base').length") == 0
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=alert(1)>')")
        page.wait_for_function("window.broken.length > 0")  # what was looked for would have been seen
        page.close()
    projection.close()
    assert dialogs == []
    assert {url for url in asked if not url.startswith(f"{console}/")} == set()
