"""A site on an origin of its own, with a page for each SDK, which loads it as its package ships it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["page_of"]

HERE: Final = Path(__file__).parent
# Page -> where the package has its files, and how a page loads them.
_PACKAGES: Final[Mapping[str, tuple[Path, str]]] = {
    "segment": (HERE / "node_modules/@segment/analytics-next/dist/umd", '<script src="index.js"></script>'),
    "rudder": (
        HERE / "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd", '<script src="index.js"></script>'
    ),
    "jitsu": (HERE / "node_modules/@jitsu/js/dist", ""),
    "snowplow": (HERE / "node_modules/@snowplow/browser-tracker/dist", '<script src="index.umd.js"></script>'),
}
_PAGE: Final = (
    "<!doctype html><html><head><title>{sdk}</title><meta charset='utf-8'><link rel='icon' href='data:,'>"
    "{load}<script src='/drivers/{sdk}.js'></script><script src='/drivers/play.js'></script></head></html>"
)


def page_of(path: str) -> tuple[int, str, bytes, dict[str, str]] | None:
    """What the site serves: `/<sdk>/` is a page, beside it lie the files of its package."""
    folder, _, name = path.partition("?")[0].strip("/").partition("/")
    if folder in _PACKAGES and not name:
        text = _PAGE.format(sdk=folder, load=_PACKAGES[folder][1])
        return 200, "text/html; charset=utf-8", text.encode(), {}
    place = HERE / "drivers/pages" if folder == "drivers" else _PACKAGES.get(folder, (HERE / "nowhere", ""))[0]
    file = place / Path(name).name
    return (200, "text/javascript; charset=utf-8", file.read_bytes(), {}) if file.is_file() else None
