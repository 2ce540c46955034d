"""The clock of an SLA stage: until when sales has to act, in the working hours of whose lead it is. It moves nobody.

Times are UTC milliseconds. Of several reasons to act the earliest end counts.
"""

from datetime import date, datetime

from msgspec.structs import replace

from schemas.activity import Milestone
from streams.core.business_time import BusinessTime
from streams.core.days import HOUR_MS
from streams.core.lead.view import LeadView
from streams.core.rulebook.stages_rules import Sla
from streams.core.rules import Rules
from streams.core.stage.stages import StageNow

__all__ = ["clocked", "rep_of"]


def clocked(now: StageNow, view: LeadView, rules: Rules) -> StageNow:
    """The stage with when it is due and when to remind, at half of the time; as it is where it has no clock.

    The clock starts when the proof happened, or at the date that it names, and never before the lead had a name.
    """
    if not now.proofs:
        return now
    lengths = {one.by: one for one in rules.stages.sla if one.stage == now.stage}
    calendar = rules.routing.time_of(rep_of(view, rules))
    dues = [
        _due(one, lengths[one.kind], calendar, known_at=view.known_at or 0)
        for one in now.proofs
        if one.kind in lengths
    ]
    due_at, reminder_at = min(dues, default=(None, None))
    return replace(now, due_at=due_at, reminder_at=reminder_at)


def rep_of(view: LeadView, rules: Rules) -> str:
    """Whose lead it is: the owner of the open, else of the freshest deal, else who is named for its company; or ""."""
    owned = [(deal.status == "open", deal.reported_at, deal.deal_id, deal.owner) for deal in view.deals if deal.owner]
    if owned:
        owner = max(owned, key=lambda one: one[:3])[3]
        return owner.recipient_id
    target = rules.routing.targets.get(view.account_id)
    return rules.naming.recipient_of(target.rep) if target is not None and target.rep else ""


def _due(proof: Milestone, sla: Sla, calendar: BusinessTime, *, known_at: int) -> tuple[int, int]:
    """When it is due, and half of the working time before that."""
    start = max(proof.until or proof.at, known_at)
    if sla.hours is not None:
        work_ms = sla.hours * HOUR_MS
        return calendar.after(start, work_ms), calendar.after(start, work_ms // 2)
    days, due_at = sla.days or 0, start
    for _ in range(days):
        due_at = calendar.same_time_next_workday(due_at)
    return due_at, calendar.after(start, days * _day_ms(calendar) // 2)


def _day_ms(calendar: BusinessTime) -> int:
    """Length of a working day."""
    day = date(1970, 1, 1)
    length = datetime.combine(day, calendar.ends) - datetime.combine(day, calendar.begins)
    return round(length.total_seconds() * 1_000)
