"""What became of leads and alerts, and which of them other rules would have raised too: labels to try rules on.

Other rules see an outcome only of what the rules of then raised: whom they would have raised besides has none.
Times are UTC milliseconds.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.cards import AlertCard, AlertCounts, AlertLevel, Reopening
from streams.core.account.row import Account
from streams.core.days import DAY_MS
from streams.core.lead.qualified import is_broad, milestone_of
from streams.core.lead.row import Latch, Lead
from streams.core.lead.view import LeadView, epoch_of
from streams.core.returns.strength import level_of
from streams.core.rulebook.returns_rules import ReturnsRules
from streams.core.rules import Rules
from streams.core.score.scoring import score
from streams.core.stage.stages import Stages, stages_in

__all__ = ["AlertEnd", "ScoreEnd", "alert_ends", "level_by", "reopenings_by", "score_ends"]

REOPENED_MS: Final = 30 * DAY_MS
PEOPLE: Final = ("deal_person", "other_person")


class ScoreEnd(Struct, frozen=True, kw_only=True):
    """An MQL by score of which it is known what became. `reached`: a meeting or more.

    `also`: other rules would have qualified it then; None: too much of what it was made of was let go since to tell.
    """

    at: int
    reached: bool
    also: bool | None


class AlertEnd(Struct, frozen=True, kw_only=True):
    """A closed alert: what it counts as, and as what it would have counted; None: it would not have been raised."""

    at: int
    deal_id: str
    raised_at: int
    was: AlertCounts
    also: AlertCounts | None


def score_ends(row: Lead, view: LeadView, rules: Rules) -> Iterator[ScoreEnd]:
    """Of the row's own crossings, by what is still remembered of its moves. `rules`: the others, with their view."""
    stages = stages_in(rules)
    for latch in row.latches:
        reached = _reached(row, latch, stages)
        if reached is not None:
            yield ScoreEnd(at=latch.at, reached=reached, also=_also(latch, view, rules))


def alert_ends(row: Account, rules: ReturnsRules) -> Iterator[AlertEnd]:
    """Of the episodes that the row remembers, closed ones that somebody was told of."""
    for one in row.episodes:
        counts = one.card.counts
        if counts is not None and counts.sent:
            level = level_by(one.card, rules)
            also = None if level is None else replace(counts, level=level)
            yield AlertEnd(at=one.card.closed_at or one.raised_at, deal_id=one.deal_id, raised_at=one.raised_at,
                           was=counts, also=also)  # fmt: skip


def reopenings_by(row: Account, ends: Iterable[AlertEnd]) -> Iterator[Reopening]:
    """The row's reopenings as other rules would have seen them: alerted only where they raise that alert too."""
    raised = [one for one in ends if one.also is not None]
    for one in row.reopenings:
        told = any(end.deal_id == one.deal_id and one.at - REOPENED_MS <= end.raised_at <= one.at for end in raised)
        yield replace(one, alerted=one.alerted and told)


def level_by(card: AlertCard, rules: ReturnsRules) -> AlertLevel | None:
    """The level that what the alert was last said with is worth by other rules; None: below the digest."""
    if card.fast_pass:
        return "real_time"
    counts = {line.signal: line.count for line in card.strength.lines}
    total = sum(min(counts.get(one.name, 0) * one.each, one.most) for one in rules.signal)
    total = total // 2 if card.strength.halved else total
    known = any(counts.get(one) for one in PEOPLE)
    return level_of(total, card.deal, as_of=card.raised_at, known=known, rules=rules)


def _reached(row: Lead, latch: Latch, stages: Stages) -> bool | None:
    """Whether it came further than where the score led it; None: it still stands there, or the move is forgotten."""
    crossed = milestone_of(latch)
    led = next((one for one in row.moves if one.by == crossed), None)
    if led is None or led.number == row.moves[0].number:
        return None
    after = [one for one in row.moves if one.number > led.number]
    further = [name for one in after for name in (one.to_stage, *one.skipped)]
    if any(one.corrects == led.number for one in after):
        return None
    return any(stages.rank(name) > stages.rank(led.to_stage) for name in further)


def _also(latch: Latch, view: LeadView, rules: Rules) -> bool | None:
    kept = {hit.hit_id for line in view.scored.lines for hit in line.hits}
    if any(one.hit_id not in kept for one in latch.evidence):
        return None
    epoch_at = epoch_of(view.deals, until=latch.at)
    then = score(view.doings, traits={}, as_of=latch.at, epoch_at=epoch_at, rules=rules)
    total = then.engagement_tenths + 10 * view.scored.fit
    return total >= 10 * rules.stages.qualified.total and is_broad(then, rules)
