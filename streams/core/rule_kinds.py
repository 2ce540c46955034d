"""The kinds of scoring rules: which hits a rule reads. A new kind is one function here and its line in `RULE_KINDS`."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.activity import Hit
from streams.core.scoring_rules import ScoringRule

__all__ = ["RULE_KINDS", "Joined", "RuleKind"]

RETURN_WITHIN_DAYS: Final = 7


class Joined(Struct, frozen=True):
    """All parts together: hits by rule, counted pages by day, freshest first."""

    hits: Mapping[str, list[Hit]]
    days: Mapping[int, tuple[Hit, ...]]
    full_day: int  # pages that make a day a deep one


RuleKind: TypeAlias = Callable[[ScoringRule, Joined], list[Hit]]


def _own(rule: ScoringRule, joined: Joined) -> list[Hit]:
    """Hits that were routed to this rule."""
    return joined.hits.get(rule.name, [])


def _page_view(_: ScoringRule, joined: Joined) -> list[Hit]:
    """Counted pages."""
    return [hit for of_day in joined.days.values() for hit in of_day]


def _return_visit(_: ScoringRule, joined: Joined) -> list[Hit]:
    """The freshest page of each active day with another active day 1 to 7 days before it."""
    days = joined.days
    return [
        of_day[0]
        for day, of_day in days.items()
        if any(day - back in days for back in range(1, RETURN_WITHIN_DAYS + 1))
    ]


def _deep_visit(_: ScoringRule, joined: Joined) -> list[Hit]:
    """The freshest page of each active day with as many pages as are kept of a day."""
    return [of_day[0] for of_day in joined.days.values() if len(of_day) >= joined.full_day]


RULE_KINDS: Final[Mapping[str, RuleKind]] = {
    "deep_visit": _deep_visit,
    "form": _own,
    "page": _own,
    "page_view": _page_view,
    "return_visit": _return_visit,
    "track": _own,
}
