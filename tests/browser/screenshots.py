"""`python -m tests.browser.screenshots [LANGUAGE ...] [NAME ...]`: pictures of every page in every state, to look at.

In each language (en, ko), light and dark, desktop and phone, as JPEG into .leadstream/screenshots, with an index.html
that shows them side by side. LANGUAGE, NAME: those alone; the pictures of the others stay.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import product
from pathlib import Path
from time import monotonic
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from streams.console.tongue import LANGUAGES, Language
from tests.browser.conftest import ARGUMENTS, chromium_path
from tests.browser.looking import DESKTOP, PHONE, in_order, looking
from tests.browser.scenery import scenery
from tests.browser.views import VIEWS, View

__all__ = ["main"]

PLACE: Final = Path(".leadstream/screenshots")
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
THEMES: Final = ("light", "dark")
LOCALES: Final[Mapping[Language, str]] = {"en": "en-GB", "ko": "ko-KR"}
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


def main(asked: Sequence[str]) -> int:
    """Takes them. Answers 2 where a word is none of a language and none of a view."""
    names, languages = set(asked) - set(LANGUAGES), [one for one in LANGUAGES if one in asked] or list(LANGUAGES)
    unknown = sorted(names - {one.name for one in VIEWS})
    if unknown:
        print(f"No such view: {', '.join(unknown)}. There are: {', '.join(one.name for one in VIEWS)}", file=sys.stderr)
        return 2
    views, began = in_order([one for one in VIEWS if not names or one.name in names]), monotonic()
    PLACE.mkdir(parents=True, exist_ok=True)
    if "ko" in languages and not _korean_letters():
        print("No Korean letters here: boxes stand for them. apt-get install fonts-noto-cjk", file=sys.stderr)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        steps = _taken(browser, Path(place), views, languages=languages)
        taken = sum(1 for _ in _told(steps, total=len(views) * len(languages)))
        browser.close()
    sheet = PLACE / "index.html"
    sheet.write_text(_sheet(list(VIEWS)))
    count = taken * len(SIZES) * len(THEMES)
    print(f"{count} pictures of {len(views)} views in {monotonic() - began:.0f} s: {sheet}")
    return 0


def _korean_letters() -> bool:
    """Whether a font here has them; where nobody can say, it is taken that one has."""
    lister = shutil.which("fc-list")
    return lister is None or bool(subprocess.run([lister, ":lang=ko"], capture_output=True, check=True).stdout)


def _taken(browser: Browser, place: Path, views: Sequence[View], *, languages: Sequence[Language]) -> Iterator[View]:
    with scenery(place) as scene:
        for language in languages:
            with looking(browser, scene, viewport=DESKTOP, locale=LOCALES[language]) as looker:
                for view in views:
                    with looker.at(view) as page:
                        for size, theme in product(SIZES, THEMES):
                            _take(page, PLACE / _file(view, language, size, theme), view, size=size, theme=theme)
                    yield view


def _take(page: Page, file: Path, view: View, *, size: str, theme: str) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    if view.sized is not None:
        view.sized(page)
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    clip = {"x": 0, "y": 0, "width": SIZES[size]["width"], "height": height}
    page.screenshot(path=file, type="jpeg", quality=QUALITY, full_page=True,
                    clip=clip)  # type: ignore[arg-type] # fmt: skip


def _told(views: Iterator[View], *, total: int) -> Iterator[View]:
    columns = TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        for view in views:
            progress.update(task, advance=1, description=view.name)
            yield view


def _file(view: View, language: Language, size: str, theme: str) -> str:
    return f"{view.name}-{language}-{size}-{theme}.jpg"


def _sheet(views: Sequence[View]) -> str:
    """Of what there are pictures of by now."""
    parts = [(view, language) for view in views for language in LANGUAGES
             if (PLACE / _file(view, language, "desktop", "light")).exists()]  # fmt: skip
    links = " ".join(f'<a href="#{view.name}-{language}">{view.name} {language}</a>' for view, language in parts)
    return SHEET.format(links=links, parts="\n".join(_part(view, language) for view, language in parts))


def _part(view: View, language: Language) -> str:
    files = ((f"{size}, {theme}", _file(view, language, size, theme)) for size, theme in product(SIZES, THEMES))
    shown = "".join(f'<a href="{file}"><img src="{file}" alt="{view.name}, {language}, {how}" loading="lazy"></a>'
                    for how, file in files)  # fmt: skip
    what = escape(f"{language}, {view.path}, {view.scene}, {view.who}")
    return f'<section id="{view.name}-{language}"><h2>{view.name} <small>{what}</small></h2>{shown}</section>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
