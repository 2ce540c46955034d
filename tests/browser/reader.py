"""A person at a browser: opens a page and really reads it, with mouse and wheel."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser.product import SEEN_S

__all__ = ["AGENT", "at_a_browser", "read"]

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
READ_MS = 5_000
LOOK_MS = 250


@contextmanager
def at_a_browser(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody's own. It calls itself what people's browsers do: a headless one is a machine to us."""
    version = chromium.version.partition(".")[0]
    agent = (
        f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    )
    context = chromium.new_context(user_agent=agent, viewport={"width": 1280, "height": 900}, locale="en-GB")
    try:
        yield context
    finally:
        context.close()


def read(page: Page, url: str) -> None:
    """Opens `url` and reads until the tracker has said that five seconds were given to it."""
    told: list[Any] = []

    def look(request: Request) -> None:
        if request.url.endswith("/v1/batch") and f'"url":"{url}"' in (request.post_data or ""):
            batch = request.post_data_json["batch"]
            told.extend(event for event in batch if event.get("event") == "page_engaged" and _is_read(event, url))

    page.on("requestfinished", look)
    page.goto(url)
    page.mouse.move(300, 300)
    turn, until = 0, time.monotonic() + SEEN_S
    while not told and time.monotonic() < until:
        turn += 1
        page.mouse.wheel(0, 120 if turn % 2 else -60)
        page.mouse.move(300 + turn, 300 + turn % 7)
        page.wait_for_timeout(LOOK_MS)
    page.remove_listener("requestfinished", look)
    assert told, f"nobody was told that {url} was read"


def _is_read(event: dict[str, Any], url: str) -> bool:
    said = event["properties"]
    return bool(said["url"] == url and said["dwell_ms"] >= READ_MS and said["interactions"])
