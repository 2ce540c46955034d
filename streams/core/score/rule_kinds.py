"""The kinds of scoring rules: which hits a rule reads. A new kind is one function here and its line in `RULE_KINDS`."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.activity import Hit
from schemas.mail import Click
from streams.core.mail.verdict import Judged
from streams.core.rulebook.scoring_rules import ScoringRule

__all__ = ["DERIVED", "RULE_KINDS", "Joined", "RuleKind", "click_points"]

RETURN_WITHIN_DAYS: Final = 7


class Joined(Struct, frozen=True):
    """All parts together: hits by rule, counted pages by day, clicks with their verdicts, freshest first.

    Clicks with `at <= epoch_at` count for nothing (None: all may count).
    """

    hits: Mapping[str, list[Hit]]
    days: Mapping[int, tuple[Hit, ...]]
    full_day: int  # pages that make a day a deep one
    clicks: tuple[Judged, ...] = ()
    epoch_at: int | None = None


RuleKind: TypeAlias = Callable[[ScoringRule, Joined], list[Hit]]


def click_points(rule: ScoringRule, one: Judged) -> float:
    """What a click gives before it fades: by how sure it is that a person clicked."""
    match one.verdict:
        case "human":
            return rule.points
        case "probable_human":
            return rule.probable_points
        case _:
            return 0.0


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


def _mail_click(rule: ScoringRule, joined: Joined) -> list[Hit]:
    """Of each message the click that gives most; of equal ones the fresher. Those that give nothing are no hits."""
    epoch_at = joined.epoch_at
    best: dict[str, tuple[bool, float, Click]] = {}
    for one in joined.clicks:
        if (points := click_points(rule, one)) > 0:
            click = one.click
            rank = (epoch_at is None or click.at > epoch_at, points, click)
            best[click.message_id] = max(rank, best.get(click.message_id, rank))
    return [Hit(click.at, click.hit_id, click.message_id) for _, _, click in best.values()]


RULE_KINDS: Final[Mapping[str, RuleKind]] = {
    "deep_visit": _deep_visit,
    "form": _own,
    "mail": _own,
    "mail_click": _mail_click,
    "page": _own,
    "page_view": _page_view,
    "return_visit": _return_visit,
    "track": _own,
}
DERIVED: Final = frozenset(kind for kind, reads in RULE_KINDS.items() if reads is not _own)  # not from hits of its own
