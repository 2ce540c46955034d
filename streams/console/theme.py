"""Light, dark, or as the device: what a person chose for this browser.

It lies in a cookie, so the server puts it into the page: no script decides, and nothing flashes. It names nobody and is
not signed: whoever changes it changes the colours of their own browser.
"""

from typing import Final, Literal, TypeAlias, get_args

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["COOKIE", "THEMES", "Theme", "keep_theme", "theme_named", "theme_of"]

Theme: TypeAlias = Literal["device", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
COOKIE: Final = "leadstream_theme"
KEPT_S: Final = 365 * 24 * 3_600


def theme_named(text: str) -> Theme:
    """The theme of this name; what is none is as the device."""
    return next((one for one in THEMES if one == text), "device")


def theme_of(request: Request) -> Theme:
    """What this browser was told."""
    return theme_named(request.cookies.get(COOKIE, ""))


def keep_theme(answer: Response, theme: Theme, *, secure: bool) -> None:
    """Puts the choice on an answer. As the device is no cookie."""
    if theme == "device":
        answer.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="lax")
    else:
        answer.set_cookie(COOKIE, theme, max_age=KEPT_S, secure=secure, httponly=True, samesite="lax")
