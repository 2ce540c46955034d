"""The list of views is whole: a page that nobody looks at in both themes would be found by whoever stumbles over it."""

from streams.console.access.rights import RIGHTS
from tests.browser.scenery import SCENES
from tests.browser.views import NO_PAGES, VIEWS


def test_every_address_that_answers_with_a_page_is_looked_at() -> None:
    """A new page needs a line in tests/browser/views.py."""
    pages = {one for one in RIGHTS if one.startswith("GET ")} - set(NO_PAGES)
    assert {one.address for one in VIEWS} == pages
    assert set(NO_PAGES) < set(RIGHTS)


def test_a_name_is_a_picture() -> None:
    names = [one.name for one in VIEWS]
    assert len(names) == len(set(names))
    assert {one.scene for one in VIEWS} == set(SCENES)
