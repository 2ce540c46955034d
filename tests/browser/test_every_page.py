"""Every page in every state, light and dark, in English and in Korean.

axe finds nothing, nothing is wider than a phone, reports fit paper. WCAG 2.0, 2.1 and 2.2, A and AA, and axe's good
practice of headings and landmarks. In the dark only what depends on colours is looked at again.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import AXE, COLOUR_RULES, violations
from tests.browser.looking import DESKTOP, Looker, in_order, looking
from tests.browser.scenery import scenery
from tests.browser.views import VIEWS, View

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.axe, pytest.mark.slow, pytest.mark.timeout(900)]
NARROW = {"width": 320, "height": 700}  # what 1280 px are at four times their size (1.4.10)


@pytest.fixture(scope="module", params=["en-GB", "ko-KR"])
def looker(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Looker]:
    """A language has scenes of its own: in the last ones Redis is away, and the consoles know by then what is."""
    with (
        scenery(tmp_path_factory.mktemp("scenery")) as scene,
        looking(chromium, scene, script=AXE, viewport=DESKTOP, locale=request.param) as made,
    ):
        yield made


def _found(view: View, page: Page) -> dict[str, list[str]]:
    found = {"light": violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = violations(page, COLOUR_RULES)
    page.set_viewport_size(NARROW)
    if view.sized is not None:
        view.sized(page)
        found["narrow"] = violations(page)
    width = int(page.evaluate("document.documentElement.scrollWidth"))
    found["width"] = [f"{width} px"] if width > NARROW["width"] else []
    return {how: some for how, some in found.items() if some}


def test_nobody_stumbles_over_any_page(looker: Looker) -> None:
    """One test, since the scenes follow each other; it says all that it finds."""
    found = {}
    for view in in_order(VIEWS):
        with looker.at(view) as page:
            found[view.name] = _found(view, page)
    assert {name: one for name, one in found.items() if one} == {}


@pytest.mark.parametrize("reader", ["executives", "leaders", "staff"])
def test_a_report_is_one_sheet_of_paper(looker: Looker, reader: str) -> None:
    """As its foot says."""
    (view,) = (one for one in VIEWS if one.name == f"report-{reader}")
    with looker.at(view) as page:
        page.emulate_media(media="print")
        made = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="null")
    assert re.findall(rb"/Count (\d+)", made) == [b"1"]
