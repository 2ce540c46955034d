"""Chromium for the browser tests, and a console on an empty Valkey to look at.

Chromium is found on this machine; without one tests are skipped with a message, in CI it is an error.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from deploy.local.embedded import embedded_valkey
from streams.readmodel.writer import Projection
from tests.browser.consoles import running
from tests.browser.product import SEEN_MS
from tests.unit.console.samples import Samples

expect.set_options(timeout=SEEN_MS)  # machines are shared: how fast a page is, is a bench's question
ARTIFACTS = Path(__file__).parents[1] / "artifacts"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """Where it is, None where there is none."""
    return os.environ.get("LEADSTREAM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _chromium() -> str:
    found = chromium_path()
    if found:
        return found
    message = f"no Chromium on the PATH ({', '.join(NAMES)}) and none in LEADSTREAM_TEST_CHROMIUM"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _patient(opened: Callable[..., BrowserContext], **options: Any) -> BrowserContext:
    """A context whose clicks and addresses are waited for as long as what is to be seen; in no zone of this machine."""
    context = opened(**({"timezone_id": "UTC"} | options))
    context.set_default_timeout(SEEN_MS)
    return context


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module; each opens its own context.

    Not longer: the driver keeps an event loop running, under which no asynchronous test of another module could start.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
        browser.new_context = partial(_patient, browser.new_context)  # type: ignore[method-assign]
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used yet."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield context
    context.close()


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with embedded_valkey() as url:
        yield url


@pytest.fixture
def samples() -> Samples:
    """The people and companies that console tests show, as of now."""
    return Samples(now=time_ns() // 1_000_000)


@pytest.fixture
def projection(valkey: str, samples: Samples) -> Iterator[Projection]:
    """The read model, emptied, of which a worker said that it reads."""
    made = Projection.connect(valkey)
    made._redis.flushall()
    made.beat(samples.now)
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(valkey: str) -> Iterator[str]:
    with running(valkey) as url:
        yield url


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote into its console: refused scripts and styles would stand here (`consoles.complains`)."""
    return []


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are kept."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    return ARTIFACTS
