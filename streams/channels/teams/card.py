"""An alert and a digest as an Adaptive Card 1.4 for Microsoft Teams.

Whatever came from outside stands in text runs, which know no markdown; text blocks, which do, hold our own words only.
The one kind of action opens a page: nothing else can be relied on behind a webhook.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from schemas.codec import encode
from streams.channels.words.told import Line, Told, ToldDigest

__all__ = ["card_body"]

Element: TypeAlias = dict[str, Any]

LARGEST: Final = 24_000  # bytes; Teams takes 28 KB of a message, with what it adds itself
LONGEST_LINE: Final = 600
LONGEST_IN_DIGEST: Final = 250
LONGEST_AHEAD: Final = 5
IN_DIGEST: Final = (1, 5)  # of the six lines: the lost deal, and what to do


def card_body(told: Told | ToldDigest) -> bytes:
    """The request's body. A digest too large for Teams shows its best alerts and says how many it leaves out."""
    if isinstance(told, Told):
        return _message(list(_alert(told)), told)
    for shown in range(len(told.alerts), -1, -1):
        body = _message(list(_digest(told, shown=shown)), told)
        if len(body) <= LARGEST:
            break
    return body


def _message(elements: list[Element], told: Told | ToldDigest) -> bytes:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": told.subject,
        "body": elements,
        "actions": [_opens(told.url, told.open_text)] if told.url else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return encode({"type": "message", "attachments": [attachment]})


def _alert(told: Told) -> Iterator[Element]:
    yield _title(told.subject, name=told.post_id)
    yield _noted(told)
    yield from (_line(one, most=LONGEST_LINE) for one in (*told.lines[1:], *told.more))


def _digest(told: ToldDigest, *, shown: int) -> Iterator[Element]:
    yield _title(told.subject, name=told.post_id)
    yield from (_entry(one) for one in told.alerts[:shown])
    if left := len(told.alerts) - shown:
        yield _runs(_run(f"+ {left}", subtle=True))
    if told.ahead:
        yield _runs(_run(told.ahead_title, bold=True), apart=True)
        yield from (_line(one, most=LONGEST_IN_DIGEST) for one in told.ahead[:LONGEST_AHEAD])
    if told.waiting:
        yield _runs(_run(told.waiting, subtle=True))


def _entry(told: Told) -> Element:
    items = [
        _runs(_run(told.subject, bold=True)),
        _noted(told),
        *(_line(told.lines[number], most=LONGEST_IN_DIGEST) for number in IN_DIGEST),
    ]
    opens = {"selectAction": _opens(told.url, told.open_text)} if told.url else {}
    return {"type": "Container", "separator": True, "items": items, **opens}


def _title(text: str, *, name: str) -> Element:
    """`name`: the post's id, so that a flow that is built on this can know a repeat."""
    return {**_runs({**_run(text, bold=True), "size": "Large"}), "id": name}


def _noted(told: Told) -> Element:
    """What it is; why it is told again stands out, since the card before it cannot be edited."""
    what = " · ".join(one for one in (told.badge, told.status) if one)
    again = [_run(f" · {told.occasion}", bold=True)] if told.occasion else []
    return _runs(_run(what, subtle=True), *again)


def _line(line: Line, *, most: int) -> Element:
    text = line.text if len(line.text) <= most else f"{line.text[: most - 1]}…"
    return _runs(_run(f"{line.label}: ", bold=True), _run(text))


def _runs(*runs: Element, apart: bool = False) -> Element:
    return {"type": "RichTextBlock", "inlines": list(runs), "separator": apart}


def _run(text: str, *, bold: bool = False, subtle: bool = False) -> Element:
    return {"type": "TextRun", "text": text, "weight": "Bolder" if bold else "Default", "isSubtle": subtle}


def _opens(url: str, title: str) -> Element:
    return {"type": "Action.OpenUrl", "title": title, "url": url}
