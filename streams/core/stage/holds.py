"""Holds: until when nobody writes to somebody who fell out. A date that the customer named always wins (ask A22).

Times are UTC milliseconds.
"""

from typing import Final

from schemas.activity import Milestone
from schemas.deals import DealFacts
from streams.core.days import DAY_MS
from streams.core.returns.strength import lost_at
from streams.core.rulebook.stages_rules import Hold, StagesRules

__all__ = ["hold_end", "hold_of_loss", "setback_of"]

LOST: Final = "deal_lost"
NO_HOLD: Final = Hold(stage="", days=0)


def hold_end(setback: Milestone, stage: str, rules: StagesRules) -> int:
    """When the hold ends that this setback into this stage began; the setback itself where there is none."""
    if setback.until:
        return max(setback.until, setback.at)
    rule = _rule(stage, setback.what, rules)
    ends = [setback.at + rule.days * DAY_MS]
    if rule.until_release:
        ends += [at for at in _releases(setback.what, rules) if at >= setback.at]
    return min(ends)


def hold_of_loss(deal: DealFacts, rules: StagesRules) -> int:
    """When the hold of a lost deal ends: with its reason, or before the rival's contract does, where that is known."""
    return hold_end(setback_of(deal, rules), _stage(rules), rules)


def setback_of(deal: DealFacts, rules: StagesRules) -> Milestone:
    """The milestone of a lost deal. `until` is where the rival's contract says when to come back, never before it."""
    at, reason = lost_at(deal), deal.lost_reason or ""
    days = _rule(_stage(rules), reason, rules).before_contract_end_days
    known = days is not None and deal.contract_ends_at is not None
    until = max((deal.contract_ends_at or 0) - (days or 0) * DAY_MS, at) if known else 0
    return Milestone(at, LOST, deal.deal_id, reason, until)


def _stage(rules: StagesRules) -> str:
    """Where a lost deal puts its people."""
    return next((rule.stage for rule in rules.milestone if rule.kind == LOST), "")


def _rule(stage: str, reason: str, rules: StagesRules) -> Hold:
    """The hold of a reason, of its first word (`feature_gap:sso`), else of every other reason."""
    found = {hold.reason: hold for hold in rules.hold if hold.stage == stage}
    return next((found[said] for said in (reason, reason.partition(":")[0], "") if said in found), NO_HOLD)


def _releases(reason: str, rules: StagesRules) -> list[int]:
    """Times of releases that answer this reason, whole or by its first word."""
    asked = {reason, reason.partition(":")[0]}
    return [round(one.at.timestamp() * 1_000) for one in rules.release if asked & set(one.answers)]
