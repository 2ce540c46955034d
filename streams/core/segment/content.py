"""Which content comes next for a lead, and what it asks of who opens it (asks A7-A10). Times are UTC milliseconds.

Early: open to everybody. Mid: a form, unless we know the visitor. Late: open to whom we know; an unknown visitor is
asked only where the row says so. No machine learning: review stage, own segment, then the order of the file.
"""

import re
from collections.abc import Collection, Mapping
from fnmatch import translate
from typing import Final, Literal

from msgspec import Struct

from schemas.lookups import remembered
from streams.core.days import DAY_MS
from streams.core.rulebook.content_rules import Content, ContentRules, Review

__all__ = ["Offer", "gate_of", "is_seen", "next_content", "review_of"]

# A lead that fell back is led to nurture again; at a dead end nothing is offered.
_REVIEWS: Final[Mapping[str, Review]] = {
    "": "early", "anonymous": "early", "gained": "early", "nurture": "mid", "recycle_a": "mid", "recycle_b": "mid",
}  # fmt: skip


class Offer(Struct, frozen=True):
    """One piece, and whether this visitor must fill in a form for it."""

    content: Content
    gate: Literal["open", "form"]


def review_of(stage: str) -> Review | None:
    """How far a lead in this stage has come with its review; None at a dead end."""
    return None if stage == "dead_end" else _REVIEWS.get(stage, "late")


def gate_of(row: Content, *, known: bool) -> Literal["open", "form"]:
    """What the row asks of a visitor whom we know, or do not."""
    return "open" if known or row.asks == "open" else "form"


def next_content(
    stage: str, seen: Mapping[str, int], segment: str, *, known: bool, as_of: int, rules: ContentRules
) -> tuple[Offer, ...]:
    """What to offer, best first. `seen`: path or asset -> when last."""
    review, since = review_of(stage), as_of - rules.seen_days * DAY_MS
    lately = [name for name, at in seen.items() if at > since]
    rows = [
        row for row in rules.content
        if row.review == review and (not row.segments or segment in row.segments) and not is_seen(row, lately)
    ]  # fmt: skip
    rows.sort(key=lambda row: segment not in row.segments)
    return tuple(Offer(row, gate_of(row, known=known)) for row in rows)


def is_seen(row: Content, names: Collection[str]) -> bool:
    """Whether one of these paths and assets is this piece."""
    if row.asset:
        return row.asset in names
    glob = _compiled(row.path)
    return any(glob.match(name) for name in names)


@remembered("content_globs", most=1_024)
def _compiled(path: str) -> re.Pattern[str]:
    return re.compile(translate(path), re.IGNORECASE)
