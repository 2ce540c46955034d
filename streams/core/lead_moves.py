"""Moves of a lead from stage to stage: numbered, contiguous, each with the evidence of what decided it."""

from msgspec.structs import replace

from schemas.activity import Milestone, Version
from streams.core.lead_row import Lead, Move
from streams.core.lead_view import LeadView, consents
from streams.core.qualified import latched, milestone_of
from streams.core.rules import Rules
from streams.core.stages import CORRECTION, StageNow, Stages, stage_of, stages_in

__all__ = ["moved", "stage_now"]

MAX_MOVES = 16


def stage_now(row: Lead, view: LeadView, rules: Rules) -> StageNow:
    """Where the row's milestones put the lead."""
    consent = consents(view.traits, rules.stages.consent)
    found = (*view.milestones, *latched(row, rules))
    return stage_of(found, as_of=row.as_of, consent=consent, stages=stages_in(rules))


def moved(row: Lead, view: LeadView, now: StageNow, *, version: Version, rules: Rules) -> Lead:
    """The row with one more move, if its stage is no longer that of its last one."""
    if now.stage == row.stage or (not row.moves and now.by is None):
        return row
    last = row.moves[0] if row.moves else None
    stages = stages_in(rules)
    was_by = None if last is None else last.by
    held = was_by is None or stages.holds(was_by, (*view.milestones, *latched(row, rules)))
    rule_id, via = stages.arrow(row.stage or "anonymous", now, held=held)
    proof = now.lifted_by if stages.is_lifted(row.stage, now) else now.by
    move = Move(
        number=1 if last is None else last.number + 1,
        account_id=view.account_id,
        from_stage=row.stage,
        to_stage=now.stage,
        skipped=_passed(row, now, via, stages=stages) if proof is now.by else (),
        via=via,
        rule_id=rule_id,
        rules_version=rules.version,
        evidence=_evidence(row, proof),
        effective_at=max(now.since, proof.at if proof else 0, last.effective_at if last else 0),
        recorded_at=row.as_of,
        actor=_actor(row, proof, via),
        version=version,
        by=now.by,
    )
    return replace(row, moves=(move, *row.moves)[:MAX_MOVES])


def _passed(row: Lead, now: StageNow, via: str, *, stages: Stages) -> tuple[str, ...]:
    """Stages that the move skips; a correction passes through none."""
    if now.by is None or via == CORRECTION:
        return ()
    return stages.passed(row.stage, now.stage, by=now.by.kind)


def _evidence(row: Lead, proof: Milestone | None) -> tuple[str, ...]:
    """What proves the move: `kind:id reason`; of a score each hit with what it gave then."""
    if proof is None:
        return ()
    latch = next((one for one in row.latches if proof == milestone_of(one)), None)
    if latch is not None:
        total = f"score {latch.total_tenths / 10:.1f}"
        return (total, *(f"{one.rule} {one.hundredths / 100:.2f} hit {one.hit_id}" for one in latch.evidence))
    said = f"{proof.kind}:{proof.milestone_id}"
    return (f"{said} {proof.what}" if proof.what else said,)


def _actor(row: Lead, proof: Milestone | None, via: str) -> str:
    """Who moved it: the person who decided, the CRM, or our rules."""
    decided = None if proof is None else (proof.kind, proof.milestone_id)
    said = [one.actor for one in row.decisions if (one.kind, one.milestone_id) == decided]
    return said[0] if said else "crm" if via == "crm" else "leadstream"
