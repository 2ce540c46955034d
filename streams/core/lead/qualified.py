"""The `qualified` latch (arrow T3): a score crosses its threshold once, with its evidence, and fading never undoes it.

`at` is the `as_of` of the fold that saw it. It holds until what it rests on becomes void (it was somebody else's, or a
machine's) and the rest is below the threshold that it crossed; new rules take none back. What is imported from the past
qualifies nobody: one of the hits that cross must have happened within the last `fresh_days`.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from schemas.activity import Hit, Milestone
from schemas.cards import ScoredHit, ScoreLine
from schemas.mail import NO_MAIL
from streams.core.activity import hits
from streams.core.activity.together import VIA_MAIL
from streams.core.days import DAY_MS
from streams.core.lead.body import JOINED, VISITOR
from streams.core.lead.row import Evidence, Latch, Lead
from streams.core.lead.view import LeadView, view_of
from streams.core.rules import Rules
from streams.core.score.scoring import Scored

__all__ = ["crossing", "is_broad", "is_enough", "is_fresh", "latched", "latches_of", "milestone_of"]

MAX_EVIDENCE: Final = 24
FROM_PAGES: Final = frozenset({"deep_visit", "page_view", "return_visit"})  # kinds of rules


def crossing(
    key: str, before: Lead | None, after: Lead, *, view: LeadView, setback: Milestone | None, rules: Rules
) -> Latch | None:
    """The latch that this fold sets, None for none. Only a fold that brought a live hit sets one.

    After a setback the old interest alone does not qualify again.
    """
    if not is_enough(view, setback, rules) or not _brought(key, before, view, rules=rules):
        return None
    found = sorted(_live(view.scored), key=lambda pair: (-pair[1].points_hundredths, pair[0].name, pair[1].hit_id))
    return Latch(
        at=after.as_of,
        total_tenths=view.scored.total_tenths,
        rules_version=rules.version,
        evidence=tuple(
            Evidence(line.name, hit.hit_id, hit.points_hundredths, hit.via, hit.at, hit.what, line.keep)
            for line, hit in found[:MAX_EVIDENCE]
        ),
        threshold_tenths=round(10 * rules.stages.qualified.total),
    )


def is_enough(view: LeadView, setback: Milestone | None, rules: Rules) -> bool:
    """Whether this score qualifies, if something brought it there: of no segment that we say no to (ask A47)."""
    wanted = rules.segments.is_target(view.segment)
    return wanted and _enough(view, rules) and _enough_since(setback, view, rules)


def latched(row: Lead, view: LeadView, rules: Rules) -> list[Milestone]:
    """The latches that still hold, as milestones: the row's own, and those of leads that it absorbed."""
    return [milestone_of(latch) for latch in latches_of(row, view) if _stands(latch, row, view, rules=rules)]


def latches_of(row: Lead, view: LeadView) -> tuple[Latch, ...]:
    """The row's latches, and those that came with other leads."""
    if view.body.latches == row.latches:
        return row.latches
    return (*row.latches, *(latch for latch in view.body.latches if latch not in row.latches))


def milestone_of(latch: Latch) -> Milestone:
    """What the latch decides."""
    return Milestone(latch.at, "qualified", f"score:{latch.at}")


def _enough(view: LeadView, rules: Rules) -> bool:
    return view.scored.total_tenths >= 10 * rules.stages.qualified.total and is_broad(view.scored, rules)


def is_broad(scored: Scored, rules: Rules) -> bool:
    """Whether enough of this score is what people did, in enough different ways: all that T3 asks besides the total."""
    rule = rules.stages.qualified
    if scored.engagement_tenths < 10 * rule.engagement:
        return False
    family_of = {name: family.name for family in rules.stages.family for name in family.rules}
    strong = [line for line in scored.lines if line.kind == "rule" and line.tenths >= 10 * rule.family_points]
    return len({family_of.get(line.name, f"rule {line.name}") for line in strong}) >= rule.families


def _enough_since(setback: Milestone | None, view: LeadView, rules: Rules) -> bool:
    return setback is None or is_fresh(view.scored, setback.at, rules)


def is_fresh(scored: Scored, since: int, rules: Rules) -> bool:
    """Whether enough of the points is younger than a setback."""
    fresh = sum(hit.points_hundredths for _, hit in _live(scored) if hit.at > since)
    return fresh >= 100 * rules.stages.qualified.fresh_points


def _brought(key: str, before: Lead | None, view: LeadView, *, rules: Rules) -> bool:
    """Whether a live hit of the last days is new, or worth more than before because it is at a later time."""
    since = view.scored.as_of - rules.stages.qualified.fresh_days * DAY_MS
    fresh = [(line.name, hit) for line, hit in _live(view.scored) if hit.at > since]
    if before is None or not fresh:
        return bool(fresh)
    held = {(line.name, hit.hit_id): hit.at for line, hit in _live(view_of(key, before, rules).scored)}
    return any(hit.at > held.get((name, hit.hit_id), hit.at - 1) for name, hit in fresh)


def _live(scored: Scored) -> Iterator[tuple[ScoreLine, ScoredHit]]:
    for line in scored.lines:
        yield from ((line, hit) for hit in line.hits if hit.points_hundredths > 0)


def _stands(latch: Latch, row: Lead, view: LeadView, *, rules: Rules) -> bool:
    """Whether nothing of its evidence is void, or the rest is enough."""
    gone = [one for one in latch.evidence if one.hit_id in view.gone or _is_taken(one, row, view, rules=rules)]
    rest = latch.total_tenths - sum(one.hundredths for one in gone) / 10
    return not gone or rest >= (latch.threshold_tenths or round(10 * rules.stages.qualified.total))


def _is_taken(one: Evidence, row: Lead, view: LeadView, *, rules: Rules) -> bool:
    """Whether the hit turned out to be somebody else's: its source withdrew, or holds it no more though it had room.

    Hits that are read from pages have no room of their own: only their source tells.
    """
    known = view.body.vias.get(one.via)
    if known is None:
        return _is_gone(one.via, row, view)
    keep, kept = rules.scoring.keeps.get(one.rule), known.activity.hits.get(one.rule, ())
    rule = rules.scoring.by_name.get(one.rule)
    if keep is None or rule is None or rule.kind in FROM_PAGES or any(hit.hit_id == one.hit_id for hit in kept):
        return False
    hit = Hit(one.at, one.hit_id, one.what)
    return hit in hits.freshest((*kept, hit), replace(keep, most=min(keep.most, one.keep)))


def _is_gone(via: str, row: Lead, view: LeadView) -> bool:
    """Whether a source withdrew. One that cannot be found may have been joined with others."""
    if via == VIA_MAIL:
        return view.doings.mail == NO_MAIL
    part = row.sources.get(VISITOR + via)
    return (part is not None and part.body is None) or not any(one.startswith(JOINED) for one in view.body.vias)
