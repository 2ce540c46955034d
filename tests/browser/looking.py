"""Opens each view as whoever sees it, scene by scene."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.browser.scenery import SCENES, Scenery
from tests.browser.views import View

__all__ = ["DESKTOP", "PHONE", "Looker", "in_order", "looking"]

DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}


class Looker:
    """A browser with one person of each role, who keep their page: a new one for each view would cost twice the time.

    `script` runs in each page; `options`: of each of their contexts.
    """

    def __init__(self, browser: Browser, scenery: Scenery, *, script: Path | None, **options: Any) -> None:
        self._browser = browser
        self._script = script
        self._scenery = scenery
        self._options = options
        self._people: dict[tuple[str, bool], Page] = {}
        self._scene = ""

    def close(self) -> None:
        """Everybody leaves."""
        for one in self._people.values():
            one.context.close()

    @contextmanager
    def at(self, view: View) -> Iterator[Page]:
        """The page, in the state that the view names, at its top. Raises AssertionError where the answer is another."""
        page = self._person(view)  # signs in while Redis answers
        self._set(view)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        answer = page.goto((self._scenery.alone if view.alone else self._scenery.url) + view.path)
        assert answer is not None
        assert answer.status == view.status, f"{view.name}: answered {answer.status}"
        if page.locator("#live:not([data-watch='']) #live-state").count() and view.scene != "away":
            page.wait_for_selector("#live-state[data-state='live']")
        if view.act is not None:
            view.act(page, self._scenery)
            page.evaluate("scrollTo(0, 0)")  # what stays at the top would cover what an act scrolled beneath it
        yield page

    def _set(self, view: View) -> None:
        if view.scene != self._scene:
            self._scenery.set(view.scene)
            self._scene = view.scene
        else:
            self._scenery.beat()

    def _person(self, view: View) -> Page:
        key = view.name if view.who == "nobody" else view.who, view.alone
        known = self._people.get(key)
        if known is not None:
            return known
        context = self._browser.new_context(**self._options)
        if self._script is not None:
            context.add_init_script(path=self._script)
        page = self._people[key] = context.new_page()
        if view.who != "nobody":
            page.goto(self._scenery.link(view.who, alone=view.alone))
        return page


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
