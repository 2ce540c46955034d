"""SDKs of pages, unchanged, in a real Chromium, the page on another origin than the collector."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.recording import listening
from tests.contract.sdks.front import FAULTS, Door, Fault
from tests.contract.sdks.journey import JOURNEY, number_of, numbers
from tests.contract.sdks.pages import page_of
from tests.contract.sdks.scene import Scene, scene

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.sdks, pytest.mark.slow, pytest.mark.timeout(600)]

ARRIVE_S = 90
# What each meets: one after the other, by five of its requests.
MEETS: dict[str, Fault] = {"segment": "all", "rudder": "all", "snowplow": "all", "jitsu": "calm"}
TOGETHER = ("snowplow",)  # what failed leaves with what comes behind it, in one request
KEYS = {"segment": "wk_segment", "rudder": "wk_rudder", "snowplow": "shop", "jitsu": "jitsu:secret"}


@dataclass
class Heard:
    """What a page said and whom it asked. Chromium's own words on a failed request are no SDK's."""

    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.said.append(f"thrown: {error}"))
        page.on("console", lambda one: self._note(one.type, one.text))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("warning", "error") and not text.startswith("Failed to load resource"):
            self.said.append(f"{kind}: {text}")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Scene]:
    doors = {sdk: Door(fault) for sdk, fault in MEETS.items()}
    place = tmp_path_factory.mktemp("pages")
    # Snowplow's sends credentials, which only a source that lists the page's origin is allowed to get.
    with scene(doors, KEYS, place=place, public="segment", origins={"snowplow": site}) as found:
        yield found


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with listening(page_of) as port:
        yield f"http://localhost:{port}"


@pytest.mark.parametrize("sdk", MEETS)
def test_every_event_of_a_page_arrives_once(sdk: str, stage: Scene, site: str, person: BrowserContext) -> None:
    door, page, heard, due = stage.doors[sdk], person.new_page(), Heard(), numbers(sdk)
    heard.listen(page)
    page.goto(f"{site}/{sdk}/")
    page.evaluate("play", {"url": door.url, "key": KEYS[sdk], "journey": JOURNEY})
    for _ in range(ARRIVE_S * 10):
        if max(door.heard, page.evaluate("window.delivered ?? 0")) >= len(due):  # some put several into a request
            break
        page.wait_for_timeout(100)  # the page's own clock goes on meanwhile
    events = stage.arrived()[sdk]
    assert tuple(door.met) == FAULTS[door.fault]
    ids: dict[int, set[str]] = {}
    for event in events:
        ids.setdefault(number_of(event), set()).add(event["messageId"])
    assert {number: len(found) for number, found in ids.items()} == dict.fromkeys(due, 1)
    copies = [count - 1 for count in Counter(event["messageId"] for event in events).values()]
    assert max(copies) == door.met.count("lost")  # the one request that was written and not heard of
    assert sdk in TOGETHER or sum(copies) == max(copies)
    assert heard.said == []
    assert heard.hosts == {urlsplit(site).netloc, urlsplit(door.url).netloc}
    assert stage.rejected() == []
