"""Moves of a lead from stage to stage: numbered, contiguous, each with the evidence of what decided it."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.activity import Decision, Milestone, Version
from streams.core.lead.corrections import CORRECTION as TAKEN_BACK
from streams.core.lead.corrections import Voided, standing, target_of, voided
from streams.core.lead.labels import labels_of
from streams.core.lead.qualified import latched, latches_of, milestone_of
from streams.core.lead.row import Latch, Lead, Move, Order
from streams.core.lead.view import MERGED, LeadView, consents
from streams.core.rules import Rules
from streams.core.stage.fold import stage_of
from streams.core.stage.sla import clocked
from streams.core.stage.stages import CORRECTION, DECIDE_ALONE, StageNow, Stages, stages_in

__all__ = ["moved", "stage_now"]

MAX_MOVES = 16


def stage_now(row: Lead, view: LeadView, rules: Rules) -> StageNow:
    """Where the row's milestones put the lead, and when it is due there."""
    consent = consents(view.traits, rules.stages.consent)
    found = stage_of(_standing(row, view, rules), as_of=row.as_of, consent=consent, stages=stages_in(rules))
    return clocked(found, view, rules)


def moved(
    row: Lead, view: LeadView, now: StageNow, *, decided: Sequence[Decision], version: Version, rules: Rules
) -> Lead:
    """The row with one more move, if its stage is no longer that of its last one. `decided`: what was known before.

    A lead that never stood for itself moves nowhere by being absorbed.
    """
    if now.stage == row.stage or (not row.moves and (now.by is None or view.pointing.merged_into)):
        return row
    last = row.moves[0] if row.moves else None
    stages = stages_in(rules)
    gone = voided(view.decisions) - voided(decided)
    proof = _proof(row, now, stages)
    order = _order(row, now)
    unmerged = stages.is_of(row.stage, "absorbed")
    corrects = None if unmerged else _corrects(row, _standing(row, view, rules), gone, stages=stages)
    if not unmerged and last is not None and (now.by is None or (proof is not None and proof.kind == TAKEN_BACK)):
        corrects = last.number
    arrow = stages.arrow(row.stage or "anonymous", now.stage, proof)
    via = CORRECTION if corrects is not None or arrow is None else arrow.via
    move = Move(
        number=1 if last is None else last.number + 1,
        account_id=view.account_id,
        from_stage=row.stage,
        to_stage=now.stage,
        skipped=() if via == CORRECTION or proof is None or unmerged else _passed(row, now, proof, stages=stages),
        via=via,
        rule_id="" if arrow is None else arrow.id,
        rules_version=rules.version,
        evidence=(
            *_evidence(latches_of(row, view), proof, stages),
            *(f"{TAKEN_BACK}:{kind}:{name}" for kind, name in sorted(gone)),
        ),
        effective_at=max(
            now.since, proof.at if proof else 0, last.effective_at if last else 0, order.at if order else 0
        ),
        recorded_at=row.as_of,
        actor=order.actor if order else _actor(view, proof, gone, via=via),
        version=version,
        by=now.by,
        proof=None if proof == now.by else proof,
        sub_stage=now.sub_stage,
        corrects=corrects,
        labels=labels_of(view),
    )
    return replace(row, moves=(move, *row.moves)[:MAX_MOVES])


def _standing(row: Lead, view: LeadView, rules: Rules) -> tuple[Milestone, ...]:
    """All milestones, the score's too."""
    if not (row.latches or view.body.latches):
        return view.milestones
    return (*view.milestones, *standing(latched(row, view, rules), voided(view.decisions)))


def _proof(row: Lead, now: StageNow, stages: Stages) -> Milestone | None:
    """What leads there: what lifted the dead end that is left, the setback that leads to the base, else what decides.

    A setback leads back once: not again where it is over, and something else ends.
    """
    alone = now.by is not None and stages.role(now.by.kind) in DECIDE_ALONE
    if now.lifted_by is not None and stages.is_of(row.stage, "closing") and not alone:
        return now.lifted_by
    led = {move.proof for move in row.moves}
    falls = bool(row.stage) and not stages.is_of(row.stage, "base", "first")
    return now.fell_by if falls and now.fell_by is not None and now.fell_by not in led else now.by


def _corrects(row: Lead, milestones: Sequence[Milestone], gone: Voided, *, stages: Stages) -> int | None:
    """The move that is taken back: the last one, if its proof is gone; else the newest whose proof people took back."""
    for place, move in enumerate(row.moves):
        proofs = [one for one in (move.by, move.proof) if one is not None]
        if any((one.kind, one.milestone_id) in gone for one in proofs):
            return move.number
        if place == 0 and not all(stages.holds(one, milestones) for one in proofs):
            return move.number
    return None


def _passed(row: Lead, now: StageNow, proof: Milestone, *, stages: Stages) -> tuple[str, ...]:
    """Stages that the move skips; whoever comes back from a dead end passes through none."""
    return () if proof is now.lifted_by else stages.passed(row.stage, now.stage, by=proof.kind)


def _order(row: Lead, now: StageNow) -> Order | None:
    """The operator's order that moves the lead into the stage of the merged, or out of it."""
    return row.order if MERGED in (row.stage, now.stage) else None


def _evidence(latches: Sequence[Latch], proof: Milestone | None, stages: Stages) -> tuple[str, ...]:
    """What proves the move: `kind:id reason`; of a score each hit with what it gave then.

    Where somebody says that it came too early, also the rules whose score it was: a false positive of theirs.
    """
    if proof is None:
        return ()
    latch = next((one for one in latches if proof == milestone_of(one)), None)
    if latch is not None:
        total = f"score {latch.total_tenths / 10:.1f}"
        return (total, *(f"{one.rule} {one.hundredths / 100:.2f} hit {one.hit_id}" for one in latch.evidence))
    said = f"{proof.kind}:{proof.milestone_id}"
    told = (f"{said} {proof.what}" if proof.what else said,)
    rule = stages.milestones.get(proof.kind)
    if rule is None or proof.what not in rule.base_reasons:
        return told
    wrong = [one for one in latches if one.at <= proof.at]
    return (*told, *(f"false positive of rules {one.rules_version}" for one in wrong[:1]))


def _actor(view: LeadView, proof: Milestone | None, gone: Voided, *, via: str) -> str:
    """Who moved it: the person who decided or took back, the CRM, or our rules."""
    decided = None if proof is None else (proof.kind, proof.milestone_id)
    said = [one.actor for one in view.decisions if one.kind == TAKEN_BACK and target_of(one) in gone] if gone else []
    said += [one.actor for one in view.decisions if (one.kind, one.milestone_id) == decided]
    return said[0] if said else "crm" if via == "crm" else "leadstream"
