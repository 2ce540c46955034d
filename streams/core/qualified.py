"""The `qualified` latch (arrow T3): a score crosses its threshold once, with its evidence, and fading never undoes it.

`at` is the `as_of` of the fold that saw it. It holds until what it rests on is withdrawn and the rest is too little.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.activity import Milestone
from schemas.cards import ScoredHit, ScoreLine
from streams.core.lead_row import Evidence, Known, Latch, Lead
from streams.core.lead_view import LeadView, view_of
from streams.core.parts import Part
from streams.core.rules import Rules
from streams.core.stages import stages_in

__all__ = ["crossing", "latched", "milestone_of"]

MAX_EVIDENCE: Final = 24


def crossing(key: str, before: Lead | None, after: Lead, *, view: LeadView, rules: Rules) -> Latch | None:
    """The latch that this fold sets, None for none. Only a fold that brought a live hit sets one."""
    if not (_enough(view, rules) and _enough_since_decision(after, view, rules)):
        return None
    if not _brought(key, before, view, rules=rules):
        return None
    hits = sorted(_live(view), key=lambda found: (-found[1].points_hundredths, found[0].name, found[1].hit_id))
    return Latch(
        at=after.as_of,
        total_tenths=view.scored.total_tenths,
        rules_version=rules.version,
        evidence=tuple(
            Evidence(line.name, hit.hit_id, hit.points_hundredths, hit.via) for line, hit in hits[:MAX_EVIDENCE]
        ),
    )


def latched(row: Lead, rules: Rules) -> list[Milestone]:
    """The latches that still hold, as milestones."""
    threshold = 10 * rules.stages.qualified.total
    return [
        milestone_of(latch)
        for latch in row.latches
        if latch.total_tenths - _withdrawn_tenths(latch, row.sources) >= threshold
    ]


def milestone_of(latch: Latch) -> Milestone:
    """What the latch decides."""
    return Milestone(latch.at, "qualified", f"score:{latch.at}")


def _enough(view: LeadView, rules: Rules) -> bool:
    rule = rules.stages.qualified
    if view.scored.total_tenths < 10 * rule.total or view.scored.engagement_tenths < 10 * rule.engagement:
        return False
    family_of = {name: family.name for family in rules.stages.family for name in family.rules}
    strong = [line for line in view.scored.lines if line.kind == "rule" and line.tenths >= 10 * rule.family_points]
    return len({family_of.get(line.name, f"rule {line.name}") for line in strong}) >= rule.families


def _enough_since_decision(row: Lead, view: LeadView, rules: Rules) -> bool:
    """After a disposition the old interest alone does not qualify again."""
    stages = stages_in(rules)
    decided = [one.at for one in row.decisions if stages.role(one.kind) == "setback"]
    if not decided:
        return True
    fresh = sum(hit.points_hundredths for _, hit in _live(view) if hit.at > max(decided))
    return fresh >= 100 * rules.stages.qualified.fresh_points


def _brought(key: str, before: Lead | None, view: LeadView, *, rules: Rules) -> bool:
    """Whether a live hit is new, or worth more than before because it is at a later time."""
    if before is None:
        return any(True for _ in _live(view))
    held = {(line.name, hit.hit_id): hit.at for line, hit in _live(view_of(key, before, rules))}
    return any(hit.at > held.get((line.name, hit.hit_id), hit.at - 1) for line, hit in _live(view))


def _live(view: LeadView) -> Iterator[tuple[ScoreLine, ScoredHit]]:
    for line in view.scored.lines:
        yield from ((line, hit) for hit in line.hits if hit.points_hundredths > 0)


def _withdrawn_tenths(latch: Latch, sources: Mapping[str, Part[Known]]) -> float:
    """What the latch rested on that came through a source which withdrew."""
    gone = {source for source, part in sources.items() if part.body is None}
    return sum(one.hundredths for one in latch.evidence if gone & {one.via, f"visitor:{one.via}"}) / 10
