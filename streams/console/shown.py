"""How values are written for people: times, amounts, scores, stages. Times are UTC milliseconds.

>>> tenths(1138)
'113.8'
>>> money(148000.0, "EUR")
'€148,000'
>>> span(74_000)
'1 min 14 s'
"""

import unicodedata
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

__all__ = [
    "STAGES",
    "ago",
    "day",
    "iso",
    "moment",
    "money",
    "plain",
    "points",
    "reason",
    "span",
    "stage",
    "tenths",
    "words",
]  # fmt: skip

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MINUS: Final = "\u2212"
LATEST: Final = 253_402_300_799_000  # the year 9999: what a datetime can hold
SYMBOLS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "KRW": "₩"}
# Controls and the characters that turn the direction of text: a name must not rearrange the line that it stands in.
HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
ACRONYMS: Final = {"crm": "CRM", "json": "JSON", "mql": "MQL"}
JOINERS: Final = frozenset({"\u200c", "\u200d"})  # letters of Persian, Hindi and emoji hang together by them
STAGES: Final = {
    "anonymous": "Anonymous", "gained": "Gained", "nurture": "Nurture", "mql": "MQL", "meeting": "Meeting",
    "consultation": "Consultation", "won": "Won", "recycle_a": "Recycle A", "recycle_b": "Recycle B",
    "dead_end": "Dead end",
}  # fmt: skip
_UNITS: Final = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "h"), (MINUTE, "min"))


def plain(value: object) -> str:
    """Text without invisible characters; line ends and tabs become spaces."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    spaced = " ".join(text.splitlines()).replace("\t", " ")
    return "".join(c for c in spaced if c in JOINERS or unicodedata.category(c) not in HIDDEN)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0), LATEST) / 1_000, UTC)


def iso(at: int) -> str:
    """`2026-03-20T10:00:00Z`."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: int) -> str:
    """`20 Mar 2026`."""
    return f"{_utc(at).day} {_utc(at):%b %Y}"


def moment(at: int) -> str:
    """`20 Mar 2026, 10:00 UTC`."""
    return f"{day(at)}, {_utc(at):%H:%M} UTC"


def span(length_ms: int) -> str:
    """How long somebody stayed: `48 s`, `1 min 14 s`, `2 h 3 min`."""
    seconds = max(length_ms, 0) // SECOND
    minutes, hours = seconds // 60, seconds // 3_600
    if not minutes:
        return f"{seconds} s"
    if not hours:
        return f"{minutes} min {seconds % 60} s" if seconds % 60 else f"{minutes} min"
    return f"{hours} h {minutes % 60} min"


def ago(at: int, now: int) -> Markup:
    """`3 min ago` or `in 9 h`, with the exact time in the title; the browser keeps it going (`static/console.js`)."""
    return Markup('<time datetime="{0}" title="{0}" data-at="{1}">{2}</time>').format(iso(at), at, _relative(at - now))


def _relative(apart_ms: int) -> str:
    length = abs(apart_ms)
    for unit_ms, name in _UNITS:
        if length >= unit_ms:
            count = length // unit_ms
            many = "s" if count > 1 and name not in ("h", "min") else ""
            return f"in {count} {name}{many}" if apart_ms > 0 else f"{count} {name}{many} ago"
    return "just now" if apart_ms <= 0 else "in a moment"


def tenths(value: int) -> str:
    """A score: tenths of a point with one decimal."""
    return f"{MINUS if value < 0 else ''}{abs(value) // 10:,}.{abs(value) % 10}"


def points(hundredths: int) -> str:
    """One hit's points: hundredths with two decimals."""
    return f"{MINUS if hundredths < 0 else ''}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02d}"


def money(amount: float | None, currency: str | None) -> str:
    """`€148,000`, `DKK 18,500`; without an amount `amount unknown`."""
    if amount is None:
        return "amount unknown"
    code = plain(currency or "").strip().upper()
    number = f"{amount:,.0f}" if abs(amount) >= 100 or amount == int(amount) else f"{amount:,.2f}"
    return f"{SYMBOLS[code]}{number}" if code in SYMBOLS else f"{code} {number}".strip()


def stage(name: str) -> str:
    """A stage's name for people; one that we do not know as it is written."""
    return STAGES.get(name, name)


def words(name: str) -> str:
    """`pricing_page` -> `Pricing page`."""
    text = plain(name).replace("_", " ").strip()
    return ACRONYMS.get(text) or text[:1].upper() + text[1:]


def reason(text: str) -> Markup:
    """A reason in words, its rule's name made readable: `pricing_page 19.1` -> `Pricing page 19.1`."""
    return escape(words(text))
