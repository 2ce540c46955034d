"""How values are written for people: times, amounts, scores, stages. Times are UTC milliseconds.

Scores and amounts are written as in messages (`streams/core/written.py`). What has words in it is written in
the language of whoever looks.
"""

import re
from datetime import UTC, date, datetime
from json import dumps
from typing import Final

from markupsafe import Markup, escape

from schemas.cards import AlertCard
from streams.console.tongue import ENGLISH, N_, NN_, Spoken, Tongue
from streams.core import written
from streams.core.alert.said import in_korean
from streams.core.written import MINUS, plain, tenths

__all__ = [
    "STAGES",
    "AtMoment",
    "OnDay",
    "ago",
    "day",
    "iso",
    "moment",
    "money",
    "next_act",
    "plain",
    "points",
    "reason",
    "span",
    "spoken_times",
    "stage",
    "tenths",

    "words",
]  # fmt: skip

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LATEST: Final = 253_402_300_799_000  # the year 9999: what a datetime can hold
_ISO: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
STAGES: Final = {
    "anonymous": N_("Anonymous"), "gained": N_("Gained"), "nurture": N_("Nurture"), "mql": N_("MQL"),
    "meeting": N_("Meeting"), "consultation": N_("Consultation"), "won": N_("Won"), "recycle_a": N_("Recycle A"),
    "recycle_b": N_("Recycle B"), "dead_end": N_("Dead end"),
}  # fmt: skip
MONTHS: Final = (N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"),
                 N_("Oct"), N_("Nov"), N_("Dec"))  # fmt: skip
NOW: Final = N_("just now")
SOON: Final = N_("in a moment")
_UNITS: Final = (
    (365 * DAY, NN_("%(n)s year ago", "%(n)s years ago"), NN_("in %(n)s year", "in %(n)s years")),
    (30 * DAY, NN_("%(n)s month ago", "%(n)s months ago"), NN_("in %(n)s month", "in %(n)s months")),
    (DAY, NN_("%(n)s day ago", "%(n)s days ago"), NN_("in %(n)s day", "in %(n)s days")),
    (HOUR, NN_("%(n)s h ago", "%(n)s h ago"), NN_("in %(n)s h", "in %(n)s h")),
    (MINUTE, NN_("%(n)s min ago", "%(n)s min ago"), NN_("in %(n)s min", "in %(n)s min")),
)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0), LATEST) / 1_000, UTC)


def iso(at: int) -> str:
    """`2026-03-20T10:00:00Z`."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: int, tongue: Tongue = ENGLISH) -> str:
    """`20 Mar 2026`."""
    date, say = _utc(at), tongue.say
    return say(N_("%(day)s %(month)s %(year)s")) % {
        "day": date.day, "month": say(MONTHS[date.month - 1]), "year": date.year,
    }  # fmt: skip


def moment(at: int, tongue: Tongue = ENGLISH) -> str:
    """`20 Mar 2026, 10:00 UTC`."""
    return tongue.say(N_("%(day)s, %(time)s UTC")) % {"day": day(at, tongue), "time": f"{_utc(at):%H:%M}"}


class OnDay(Spoken):
    """A day within a text."""

    def __init__(self, at: int) -> None:
        self.at = at

    def said(self, tongue: Tongue) -> str:
        """`20 Mar 2026`."""
        return day(self.at, tongue)


class AtMoment(OnDay):
    """A day and a minute within a text."""

    def said(self, tongue: Tongue) -> str:
        """`20 Mar 2026, 10:00 UTC`."""
        return moment(self.at, tongue)


def ago(at: int, now: int, tongue: Tongue = ENGLISH) -> Markup:
    """`3 min ago` or `in 9 h`, with the exact time in the title; the browser keeps it going (`static/console.js`)."""
    exact, told = iso(at), escape(_relative(at - now, tongue))
    # `Markup.format` takes seven times as long, and the inbox shows two hundred times.
    return Markup(f'<time datetime="{exact}" title="{exact}" data-at="{at:d}">{told}</time>')  # noqa: S704  all is ours


def _relative(apart_ms: int, tongue: Tongue) -> str:
    length = abs(apart_ms)
    for unit_ms, past, future in _UNITS:
        if length >= unit_ms:
            count = length // unit_ms
            return tongue.many(*(future if apart_ms > 0 else past), count) % {"n": count}
    return tongue.say(NOW if apart_ms <= 0 else SOON)


def spoken_times(tongue: Tongue) -> str:
    """What the browser needs to keep relative times going, as JSON.

    Each unit's length with its texts of one and of many, past and to come; then what is said of less than a minute.
    """
    units = [
        [unit_ms, *(tongue.many(*said, count) for said in (past, future) for count in (1, 2))]
        for unit_ms, past, future in _UNITS
    ]
    return dumps([units, tongue.say(NOW), tongue.say(SOON)], ensure_ascii=False)


def span(length_ms: int, tongue: Tongue = ENGLISH) -> str:
    """How long somebody stayed: `48 s`, `1 min 14 s`, `2 h 3 min`."""
    seconds = max(length_ms, 0) // SECOND
    hours, minutes, rest = seconds // 3_600, seconds // 60 % 60, seconds % 60
    if hours:
        msgid = N_("%(hours)s h %(minutes)s min")
    elif minutes:
        msgid = N_("%(minutes)s min %(seconds)s s") if rest else N_("%(minutes)s min")
    else:
        msgid = N_("%(seconds)s s")
    return tongue.say(msgid) % {"hours": hours, "minutes": minutes, "seconds": rest}


def money(amount: float | None, currency: str | None, tongue: Tongue = ENGLISH) -> str:
    """`€148,000`, `DKK 18,500`; without an amount `amount unknown`."""
    return tongue.say(N_("amount unknown")) if amount is None else written.money(amount, currency)


def words(name: str, tongue: Tongue = ENGLISH) -> str:
    """`pricing_page` -> `Pricing page`."""
    return tongue.say(written.words(name))


def next_act(alert: AlertCard, tongue: Tongue = ENGLISH) -> str:
    """What to do now; inside a hold after the hold. The rules' own words where they came with us or are English."""
    act = in_korean(alert.next_act) if tongue.language == "ko" else ""
    if alert.hold_until is None:
        return act or alert.next_act
    if not act:  # the rules' own words, with the date as the rest of the page writes it
        return _ISO.sub(lambda found: _written_day(found[0], tongue), alert.next_act, count=1)
    held = tongue.say(N_("Information only: no contact before %(day)s, unless they ask for it."))
    return f"{held % {'day': day(alert.hold_until, tongue)}} {act}"


def _written_day(iso_day: str, tongue: Tongue) -> str:
    try:
        return day((date.fromisoformat(iso_day) - date(1970, 1, 1)).days * DAY, tongue)
    except ValueError:  # somebody's own text
        return iso_day


def points(hundredths: int) -> str:
    """One hit's points: hundredths with two decimals."""
    return f"{MINUS if hundredths < 0 else ''}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02d}"


def stage(name: str, tongue: Tongue = ENGLISH) -> str:
    """A stage's name for people; one that we do not know as it is written."""
    return tongue.say(STAGES[name]) if name in STAGES else name


def reason(text: str, tongue: Tongue = ENGLISH) -> Markup:
    """A reason in words, its rule's name made readable: `pricing_page 19.1` -> `Pricing page 19.1`."""
    name, space, points = text.rpartition(" ")
    return escape(f"{words(name, tongue)} {points}" if space else words(text, tongue))
