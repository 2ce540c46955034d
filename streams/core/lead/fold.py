"""A lead's fold: what is known of one person, its score, its stage, and whom that concerns.

No clock and no I/O: time comes with the touches. Touches may be copies, late, in any order, in any block.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.activity import Decision, Version
from schemas.touches import Touch
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.lead.audiences import falls_at, sorted_in
from streams.core.lead.body import JOINED, body_of
from streams.core.lead.card import said_of
from streams.core.lead.erased import erased, is_erased, still_erased
from streams.core.lead.forwards import forwards_of
from streams.core.lead.heard import heard_by
from streams.core.lead.moves import moved, stage_now
from streams.core.lead.new_rules import crossed, held_back, listed_until
from streams.core.lead.qualified import crossing
from streams.core.lead.row import MAX_LATCHES, Lead
from streams.core.lead.view import LeadView, view_of
from streams.core.parts import addressed, withdrawn_at
from streams.core.rules import Rules
from streams.core.score.scoring import falls_below
from streams.core.stage.stages import StageNow

__all__ = ["Lead", "fold"]


def fold(key: str, row: Lead | None, messages: Sequence[Touch], *, version: Version, rules: Rules) -> Folded[Lead]:
    """The lead after these touches. Raises UnknownDecision before anything changes."""
    if row is not None and row.erased is not None:
        return still_erased(key, row, messages, version=version, rules=rules)
    heard = heard_by(row or Lead(version, as_of=0), messages, rules)
    if heard.erasures and is_erased(key, heard, rules):
        return erased(key, heard, version=version, rules=rules)
    if row is not None and heard == row and version > row.version and row.rules_version == rules.version:
        return Folded(row, NOTHING)
    view = view_of(key, heard, rules)
    after, stage = _decided(key, row, heard, view=view, version=version, rules=rules)

    def say(now: Lead) -> Effects:
        touches = forwards_of(key, now, before=row, since=version, rules=rules)
        return said_of(key, now, view, stage=stage, since=version, touches=touches, rules=rules)

    row_after, effects = settled(row, after, version=version, say=say)
    return Folded(row_after, met(effects, *_bounds_met(row, row_after)))


def _bounds_met(before: Lead | None, after: Lead) -> list[str]:
    """What was joined because there was too much of it."""
    held = (None, None) if before is None else (before.sources.get(JOINED), before.absorbed.get(JOINED))
    found = after.sources.get(JOINED), after.absorbed.get(JOINED)
    names = ("sources", "absorbed")
    return [name for name, was, now in zip(names, held, found, strict=True) if was != now]


def _decided(
    key: str, before: Lead | None, heard: Lead, *, view: LeadView, version: Version, rules: Rules
) -> tuple[Lead, StageNow]:
    """The row with what follows: whom it concerns, the latch, the move, the hot mark, when to come back.

    A lead that turned out to be another concerns nobody: that one stands for it.
    """
    now = newer(heard.version, version)
    absorbed = view.pointing.merged_into
    accounts = set() if absorbed else {view.account_id, *(deal.account_id for deal in view.deals)} - {""}
    told = addressed(heard.told, accounts, version=now)
    pointed = heard.pointed
    if pointed or view.pointing.owners:
        pointed = addressed(pointed, view.pointing.targets, version=now)
    gone = withdrawn_at(heard.withdrawn_at, told, pointed, version=now, as_of=heard.as_of)
    row = replace(heard, told=told, pointed=pointed, withdrawn_at=gone)
    stage = stage_now(row, view, rules)
    if stage.stage in rules.stages.qualified.leaves:
        latch = crossing(key, before, row, view=view, setback=stage.setback, rules=rules)
        if latch is not None:
            row = replace(row, latches=(latch, *row.latches)[:MAX_LATCHES])
            stage = stage_now(row, view, rules)
    back = "" if before is None else held_back(key, before, heard, stage=stage, rules=rules)
    if back:
        stage = replace(stage, sub_stage=row.moves[0].sub_stage if row.moves else "", due_at=None, reminder_at=None)
    else:
        row = moved(row, view, stage, decided=_decided_before(key, before, rules), version=now, rules=rules)
    row = replace(
        row, hot=not absorbed and _is_hot(row, view, rules), rules_version=rules.version, held_back=back,
        crossed=crossed(before, row, view, setback=stage.setback, rules=rules),
    )  # fmt: skip
    if rules.audiences.rules.audience or row.audience_moves:
        row = sorted_in(
            key, before, row, heard=heard, view=view, sub_stage=stage.sub_stage, version=now, rules=rules
        )  # fmt: skip
    return replace(row, wake_at=None if absorbed else _wake_at(row, view, stage, rules=rules)), stage


def _decided_before(key: str, before: Lead | None, rules: Rules) -> tuple[Decision, ...]:
    if before is None:
        return ()
    return body_of(key, before, rules).decisions if before.absorbed else before.decisions


def _is_hot(row: Lead, view: LeadView, rules: Rules) -> bool:
    """On at the threshold, off below a share of it; never at a dead end."""
    rule = rules.stages.qualified
    share = rule.hot_until if row.hot else 1.0
    return row.stage != "dead_end" and view.scored.total_tenths >= round(10 * rule.total * share)


def _wake_at(row: Lead, view: LeadView, stage: StageNow, *, rules: Rules) -> int | None:
    """The earliest time at which something changes without an event."""
    rule = rules.stages.qualified
    times = [stage.hold_until, stage.mail_stop_until, stage.reminder_at, stage.due_at, view.mail.settles_at,
             listed_until(row)]  # fmt: skip
    if view.scored.total_tenths >= round(10 * rule.total):
        times.append(falls_below(view.scored, threshold_tenths=round(10 * rule.total)))
    if row.hot:
        times.append(falls_below(view.scored, threshold_tenths=round(10 * rule.total * rule.hot_until)))
    if rules.audiences.falls_tenths:
        times.append(falls_at(view, rules))
    return min((at for at in times if at is not None and at > row.as_of), default=None)
