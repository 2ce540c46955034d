"""`python -m tests.browser.screenshots [NAME ...]`: pictures of every page in every state, for people to look at.

Light and dark, desktop and phone, as JPEG into .leadstream/screenshots, with an index.html that shows them side by
side. NAME: those views alone; the pictures of the others stay.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from itertools import product
from pathlib import Path
from time import monotonic
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.browser.conftest import ARGUMENTS, chromium_path
from tests.browser.looking import DESKTOP, PHONE, in_order, looking
from tests.browser.scenery import scenery
from tests.browser.views import VIEWS, View

__all__ = ["main"]

PLACE: Final = Path(".leadstream/screenshots")
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
THEMES: Final = ("light", "dark")
QUALITY: Final = 80
TALLEST: Final = 6_000  # px: a page that is longer is cut
SHEET: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Leadstream: every page in every state</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 24px; }}
nav {{ display: flex; flex-wrap: wrap; gap: 4px 12px; }}
section {{ display: grid; grid-template-columns: 3fr 3fr 1fr 1fr; gap: 12px; align-items: start; margin-bottom: 32px; }}
h2 {{ grid-column: 1 / -1; font-size: 17px; margin: 0; }} h2 small {{ font-weight: 400; }}
img {{ width: 100%; height: auto; max-height: 640px; object-fit: cover; object-position: top;
  border: 1px solid #8888; }}
</style></head><body>
<h1>Every page in every state</h1><nav>{links}</nav>
{parts}
</body></html>
"""


def main(names: Sequence[str]) -> int:
    """Takes them. Answers 2 where a name is none of a view."""
    unknown = sorted(set(names) - {one.name for one in VIEWS})
    if unknown:
        print(f"No such view: {', '.join(unknown)}. There are: {', '.join(one.name for one in VIEWS)}", file=sys.stderr)
        return 2
    views, began = in_order([one for one in VIEWS if not names or one.name in names]), monotonic()
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        taken = sum(1 for _ in _told(_taken(browser, Path(place), views), total=len(views)))
        browser.close()
    sheet = PLACE / "index.html"
    sheet.write_text(_sheet([one for one in VIEWS if (PLACE / _file(one, "desktop", "light")).exists()]))
    count = taken * len(SIZES) * len(THEMES)
    print(f"{count} pictures of {taken} views in {monotonic() - began:.0f} s: {sheet}")
    return 0


def _taken(browser: Browser, place: Path, views: Sequence[View]) -> Iterator[View]:
    with scenery(place) as scene, looking(browser, scene, viewport=DESKTOP) as looker:
        for view in views:
            with looker.at(view) as page:
                for size, theme in product(SIZES, THEMES):
                    _take(page, view, size=size, theme=theme)
            yield view


def _take(page: Page, view: View, *, size: str, theme: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    if view.sized is not None:
        view.sized(page)
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    clip = {"x": 0, "y": 0, "width": SIZES[size]["width"], "height": height}
    page.screenshot(path=PLACE / _file(view, size, theme), type="jpeg", quality=QUALITY, full_page=True,
                    clip=clip)  # type: ignore[arg-type] # fmt: skip


def _told(views: Iterator[View], *, total: int) -> Iterator[View]:
    columns = TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        for view in views:
            progress.update(task, advance=1, description=view.name)
            yield view


def _file(view: View, size: str, theme: str) -> str:
    return f"{view.name}-{size}-{theme}.jpg"


def _sheet(views: Sequence[View]) -> str:
    links = " ".join(f'<a href="#{one.name}">{one.name}</a>' for one in views)
    return SHEET.format(links=links, parts="\n".join(map(_part, views)))


def _part(view: View) -> str:
    files = ((f"{size}, {theme}", _file(view, size, theme)) for size, theme in product(SIZES, THEMES))
    shown = "".join(f'<a href="{file}"><img src="{file}" alt="{view.name}, {how}" loading="lazy"></a>'
                    for how, file in files)  # fmt: skip
    what = escape(f"{view.path}, {view.scene}, {view.who}")
    return f'<section id="{view.name}"><h2>{view.name} <small>{what}</small></h2>{shown}</section>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
