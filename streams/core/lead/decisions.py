"""What people in sales say of a lead: whether they may, and how much of it is kept."""

from collections.abc import Iterable
from typing import Final

from schemas.activity import Decision
from schemas.touches import Disposition
from streams.core.errors import UnknownDecision
from streams.core.lead.corrections import CORRECTION, taken_back
from streams.core.lead.row import Lead
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = ["decision_of", "freshest_decisions"]

KEPT_OF_A_KIND: Final = 8  # of kinds that the rules no longer name


def decision_of(said: Disposition, row: Lead, rules: Rules) -> Decision:
    """What was decided about this lead. Raises UnknownDecision."""
    rule = stages_in(rules).milestones.get(said.kind)
    if rule is None or not rule.by_hand:
        raise UnknownDecision(f"nobody may say {said.kind!r} of a lead")
    if rule.reasons and said.reason not in rule.reasons:
        raise UnknownDecision(f"{said.kind} needs one of these reasons: {', '.join(rule.reasons)}")
    if rule.why and not said.reason.strip():
        raise UnknownDecision(f"{said.kind} needs a reason")
    answers = taken_back(said, row) if said.kind == CORRECTION else said.said
    return Decision(
        said.at, said.kind, said.milestone_id, said.reason, said.actor, said.until, tuple(sorted(answers.items()))
    )


def freshest_decisions(decisions: Iterable[Decision], rules: Rules) -> tuple[Decision, ...]:
    """Of each kind the freshest distinct ones; of two tellings of one the later."""
    taken: dict[str, set[str]] = {}
    kept: list[Decision] = []
    for one in sorted(set(decisions), reverse=True):
        rule = stages_in(rules).milestones.get(one.kind)
        ids = taken.setdefault(one.kind, set())
        if one.milestone_id not in ids and len(ids) < (KEPT_OF_A_KIND if rule is None else rule.keep):
            ids.add(one.milestone_id)
            kept.append(one)
    return tuple(kept)
