"""An alert and a digest as a mail: plain text, and HTML in which whatever came from outside is escaped.

No pictures, no scripts, nothing from elsewhere. The link opens a page and changes nothing: link scanners open all.
"""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from streams.channels.words.told import Line, Told, ToldDigest

__all__ = ["as_html", "as_text"]

_PAGE: Final = Markup(
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>'
    '<body style="font:15px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;max-width:640px;margin:0;padding:16px">'
    "{}</body></html>"
)
_HEAD: Final = Markup('<h{1} style="font-size:{2}px;margin:0 0 4px">{0}</h{1}>')
_NOTE: Final = Markup('<p style="margin:0 0 12px;color:#757575">{}</p>')
_LINE: Final = Markup('<p style="margin:0 0 6px"><b>{}</b><br>{}</p>')
_LINK: Final = Markup(
    '<p style="margin:16px 0"><a href="{}" rel="noopener" style="display:inline-block;padding:8px 14px;'
    'border-radius:6px;background:#1f5eff;color:#fff;text-decoration:none">{}</a></p>'
)
_RULE: Final = Markup('<hr style="border:0;border-top:1px solid #ccc;margin:16px 0">')


def as_text(told: Told | ToldDigest) -> str:
    """The plain part."""
    lines = _alert_text(told) if isinstance(told, Told) else _digest_text(told)
    return "\n".join([*lines, ""])


def as_html(told: Told | ToldDigest) -> str:
    """The other part."""
    parts = _alert_html(told, level=1) if isinstance(told, Told) else _digest_html(told)
    return _PAGE.format(Markup("").join(parts))


def _alert_text(told: Told) -> Iterator[str]:
    yield told.subject
    yield _noted(told)
    yield ""
    yield from _text_lines(told.lines[1:])
    yield ""
    yield from _text_lines(told.more)
    if told.url:
        yield ""
        yield f"{told.open_text}: {told.url}"


def _digest_text(told: ToldDigest) -> Iterator[str]:
    yield told.subject
    for alert in told.alerts:
        yield from ("", "-" * 40, "")
        yield from _alert_text(alert)
    if told.ahead:
        yield from ("", "-" * 40, "", told.ahead_title)
        yield from _text_lines(told.ahead)
    if told.waiting:
        yield from ("", told.waiting)
    if told.url:
        yield from ("", f"{told.open_text}: {told.url}")


def _text_lines(lines: tuple[Line, ...]) -> Iterator[str]:
    return (f"{line.label}: {line.text}" for line in lines)


def _alert_html(told: Told, *, level: int) -> Iterator[Markup]:
    yield _HEAD.format(told.subject, level, 22 - 2 * level)
    yield _NOTE.format(_noted(told))
    yield from (_LINE.format(line.label, line.text) for line in told.lines[1:])
    if told.url:
        yield _LINK.format(told.url, told.open_text)
    yield from (_NOTE.format(f"{line.label}: {line.text}") for line in told.more)


def _digest_html(told: ToldDigest) -> Iterator[Markup]:
    yield _HEAD.format(told.subject, 1, 20)
    for alert in told.alerts:
        yield _RULE
        yield from _alert_html(alert, level=2)
    if told.ahead:
        yield _RULE
        yield _HEAD.format(told.ahead_title, 2, 18)
        yield from (_LINE.format(line.label, line.text) for line in told.ahead)
    if told.waiting:
        yield _NOTE.format(told.waiting)
    if told.url:
        yield _LINK.format(told.url, told.open_text)


def _noted(told: Told) -> str:
    return " · ".join(one for one in (told.badge, told.status, told.occasion) if one)
