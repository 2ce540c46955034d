"""How values are written for people: times, amounts, scores, stages. Times are UTC milliseconds.

Scores, amounts and lengths are written as in messages (`streams/core/written.py`).
"""

from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

from streams.core.written import MINUS, money, plain, span, tenths, words

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
LATEST: Final = 253_402_300_799_000  # the year 9999: what a datetime can hold
STAGES: Final = {
    "anonymous": "Anonymous", "gained": "Gained", "nurture": "Nurture", "mql": "MQL", "meeting": "Meeting",
    "consultation": "Consultation", "won": "Won", "recycle_a": "Recycle A", "recycle_b": "Recycle B",
    "dead_end": "Dead end",
}  # fmt: skip
_UNITS: Final = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "h"), (MINUTE, "min"))


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


def ago(at: int, now: int) -> Markup:
    """`3 min ago` or `in 9 h`, with the exact time in the title; the browser keeps it going (`static/console.js`)."""
    exact, told = iso(at), escape(_relative(at - now))
    # `Markup.format` takes seven times as long, and the inbox shows two hundred times.
    return Markup(f'<time datetime="{exact}" title="{exact}" data-at="{at:d}">{told}</time>')  # noqa: S704  all is ours


def _relative(apart_ms: int) -> str:
    length = abs(apart_ms)
    for unit_ms, name in _UNITS:
        if length >= unit_ms:
            count = length // unit_ms
            many = "s" if count > 1 and name not in ("h", "min") else ""
            return f"in {count} {name}{many}" if apart_ms > 0 else f"{count} {name}{many} ago"
    return "just now" if apart_ms <= 0 else "in a moment"


def points(hundredths: int) -> str:
    """One hit's points: hundredths with two decimals."""
    return f"{MINUS if hundredths < 0 else ''}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02d}"


def stage(name: str) -> str:
    """A stage's name for people; one that we do not know as it is written."""
    return STAGES.get(name, name)


def reason(text: str) -> Markup:
    """A reason in words, its rule's name made readable: `pricing_page 19.1` -> `Pricing page 19.1`."""
    return escape(words(text))
