"""Whether alerts are any good: precision and recall, counted from what closed alerts and account cards say.

Precision = (contacted + reopened) / sent, by level, strongest signal and rules version; recall, by month = lost deals
that were taken up again after an alert, of those whose people had come back in the 30 days before. Below 20 nothing is
said, for it would be chance.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.cards import AlertCounts, Reopening

__all__ = ["HITS", "LEAST", "By", "Precision", "Recall", "precision", "recall"]

By: TypeAlias = Literal["level", "strongest", "rules_version"]
BY: Final[tuple[By, ...]] = ("level", "strongest", "rules_version")
LEAST: Final = 20
TOO_FEW_HITS: Final = 0.5
HITS: Final = ("contacted", "reopened")


class Precision(Struct, frozen=True, kw_only=True):
    """How many of the alerts that were sent led to a contact. `share`: None below 20; `proposal`: "" where good."""

    by: By
    name: str
    sent: int
    hits: int
    share: float | None
    proposal: str = ""


class Recall(Struct, frozen=True, kw_only=True):
    """Of one month: deals taken up again whose people had come back, and how many of them an alert had told of."""

    month: str  # such as 2026-03, UTC
    reopened: int
    alerted: int
    share: float


def precision(closed: Iterable[AlertCounts]) -> tuple[Precision, ...]:
    """Of closed alerts, each once; those that nobody was told of do not count. In the order of `BY`, then by name."""
    sent = [one for one in closed if one.sent]
    found: list[Precision] = []
    for by in BY:
        named: dict[str, list[AlertCounts]] = {}
        for one in sent:
            named.setdefault(getattr(one, by), []).append(one)
        found += [_precision(by, name, named[name]) for name in sorted(named)]
    return tuple(found)


def _precision(by: By, name: str, counts: list[AlertCounts]) -> Precision:
    hits = sum(one.outcome in HITS for one in counts)
    share = hits / len(counts) if len(counts) >= LEAST else None
    proposal = _tighter(by, name, share) if share is not None and share < TOO_FEW_HITS else ""
    return Precision(by=by, name=name, sent=len(counts), hits=hits, share=share, proposal=proposal)


def _tighter(by: By, name: str, share: float) -> str:
    """A tighter rule, in words: what to change in returns.toml."""
    said = f"Only {share:.0%} of these alerts led to a contact."
    match by, name:
        case "level", "real_time":
            return f"{said} Raise real_time_from, so that the weaker ones come with the digest."
        case "level", _:
            return f"{said} Raise digest_from, so that the weakest are shown on the card only."
        case "strongest", "request":
            return f"{said} Look at which forms count as a request."
        case "strongest", _:
            return f'{said} Lower "each" of signal "{name}".'
        case _:
            return f"{said} Go back to the rules before {name}, or raise digest_from."


def recall(reopenings: Iterable[Reopening]) -> tuple[Recall, ...]:
    """By month of the deals that were taken up again, each once; the newest month last."""
    months: dict[str, list[Reopening]] = {}
    for one in reopenings:
        if one.visited:
            months.setdefault(_month(one.at), []).append(one)
    return tuple(_recall(month, months[month]) for month in sorted(months))


def _recall(month: str, found: list[Reopening]) -> Recall:
    alerted = sum(one.alerted for one in found)
    return Recall(month=month, reopened=len(found), alerted=alerted, share=alerted / len(found))


def _month(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m}"
