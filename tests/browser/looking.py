"""Opens each view as whoever sees it, scene by scene."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.scenery import SCENES, Scenery
from tests.browser.views import View

__all__ = ["DESKTOP", "PHONE", "Looker", "in_order", "looking"]

DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}


class Looker:
    """A browser with one person of each role. `script` runs in each page; `options`: of each of their contexts."""

    def __init__(self, browser: Browser, scenery: Scenery, *, script: Path | None, **options: Any) -> None:
        self._browser = browser
        self._script = script
        self._scenery = scenery
        self._options = options
        self._people: dict[tuple[str, bool], BrowserContext] = {}
        self._scene = ""

    def close(self) -> None:
        """Everybody leaves."""
        for one in self._people.values():
            one.close()

    @contextmanager
    def at(self, view: View) -> Iterator[Page]:
        """The page, in the state that the view names. Raises AssertionError where the answer is another."""
        person = self._person(view)  # signs in while Redis answers
        if view.scene != self._scene:
            self._scenery.set(view.scene)
            self._scene = view.scene
        page = person.new_page()
        try:
            answer = page.goto((self._scenery.alone if view.alone else self._scenery.url) + view.path)
            assert answer is not None
            assert answer.status == view.status, f"{view.name}: answered {answer.status}"
            if page.locator("#live:not([data-watch='']) #live-state").count() and view.scene != "away":
                page.wait_for_selector("#live-state[data-state='live']")
            if view.act is not None:
                view.act(page, self._scenery)
            yield page
        finally:
            page.close()

    def _person(self, view: View) -> BrowserContext:
        key = view.name if view.who == "nobody" else view.who, view.alone
        known = self._people.get(key)
        if known is not None:
            return known
        person = self._people[key] = self._browser.new_context(**self._options)
        if view.who != "nobody":
            page = person.new_page()
            page.goto(self._scenery.link(view.who, alone=view.alone))
            page.close()
        if self._script is not None:
            person.add_init_script(path=self._script)
        return person


def in_order(views: Sequence[View]) -> list[View]:
    """Scene by scene."""
    order = list(SCENES)
    return sorted(views, key=lambda one: order.index(one.scene))


@contextmanager
def looking(browser: Browser, scenery: Scenery, *, script: Path | None = None, **options: Any) -> Iterator[Looker]:
    """A looker for as long as the block lasts, in whose pages nothing moves."""
    told = {"locale": "en-GB", "reduced_motion": "reduce", **options}
    looker = Looker(browser, scenery, script=script, **told)
    try:
        yield looker
    finally:
        looker.close()
