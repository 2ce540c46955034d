"""What rules of pages kept at any time before, told again from the pages themselves, where all of them are still known.

A card shows the freshest pages. While fewer days and pages a day were read than are remembered, none was ever pushed
out, and what each rule of pages kept at a time follows from them exactly. Times are UTC milliseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from schemas.activity import Hit, PageSeen
from schemas.cards import LeadCard, ScoreLine
from streams.core.activity import pages
from streams.core.activity.hits import freshest
from streams.core.rulebook.scoring_rules import ScoringRule
from streams.core.rules import Rules
from streams.core.score.rule_kinds import RULE_KINDS, Joined

__all__ = ["Kept", "kept_before"]

SHOWN: Final = 40  # pages on a card: where it has so many there may be more
FROM_DAYS: Final = ("page_view", "return_visit", "deep_visit")
VOID: Final = "void"


class Kept(NamedTuple):
    """What a rule kept from a time on, until the next one."""

    since: int
    ats: tuple[int, ...]


def kept_before(card: LeadCard, rules: Rules) -> Mapping[str, tuple[Kept, ...]]:
    """By rule, the oldest first; only rules of which this is sure: as of the card they keep what the card shows."""
    lines = {line.name: line for line in card.lines if line.kind == "rule"}
    if not _are_whole(card, lines, rules):
        return {}
    turns = sorted({page.at for page in card.pages})
    told: dict[str, tuple[Kept, ...]] = {}
    joined = [_joined([page for page in card.pages if page.at <= at], rules) for at in turns]
    for rule in rules.scoring.rules.rule:
        if not _is_told(rule, rules):
            continue
        kept = [_kept(rule, one, rules) for one in joined]
        line = lines.get(rule.name)
        shown = {(hit.at, hit.hit_id) for hit in line.hits} if line else set()
        if {hit[:2] for hit in (kept[-1] if kept else ())} == shown:
            told[rule.name] = tuple(
                Kept(at, tuple(hit.at for hit in hits)) for at, hits in zip(turns, kept, strict=True)
            )
    return told


def _are_whole(card: LeadCard, lines: Mapping[str, ScoreLine], rules: Rules) -> bool:
    """No page was ever pushed out, or declared void."""
    days = _days(card.pages, rules)
    keep = rules.scoring.pages
    return (
        len(card.pages) < SHOWN
        and len(days) < keep.counted_days
        and all(len(of_day) < keep.counted_a_day for of_day in days.values())
        and not any(hit.set_aside.startswith(VOID) for line in lines.values() for hit in line.hits)
    )


def _is_told(rule: ScoringRule, rules: Rules) -> bool:
    """Whether pages alone make its hits, and only such as are remembered."""
    if rule.kind in FROM_DAYS:
        return True
    counted = rule.min_dwell_ms >= rules.scoring.pages.counted_ms and not set(rule.page_kinds) & rules.scoring.uncounted
    return rule.kind == "page" and counted and (rule.limit is None or rule.limit_per in ("day", "week"))


def _kept(rule: ScoringRule, joined: Joined, rules: Rules) -> tuple[Hit, ...]:
    return freshest(RULE_KINDS[rule.kind](rule, joined), rules.scoring.keeps[rule.name])



def _joined(known: Sequence[PageSeen], rules: Rules) -> Joined:
    """These pages as rules read them."""
    by_rule: dict[str, list[Hit]] = {}
    for page in known:
        if not pages.is_counted(page, rules.scoring):
            continue
        for rule in rules.scoring.hit_by_page(page.kind):
            if page.dwell_ms is None or page.dwell_ms >= rule.min_dwell_ms:
                by_rule.setdefault(rule.name, []).append(Hit(page.at, page.hit_id, page.path))
    days = {
        day: tuple(Hit(page.at, page.hit_id, page.path) for page in of_day)
        for day, of_day in _days(known, rules).items()
    }
    return Joined(by_rule, days, rules.scoring.pages.counted_a_day)


def _days(known: Sequence[PageSeen], rules: Rules) -> Mapping[int, Sequence[PageSeen]]:
    return pages.counted(known, rules.scoring, rules.site)
