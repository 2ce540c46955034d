"""Until when somebody has to do something about an alert, as its clock says. Times are UTC milliseconds."""

from typing import Literal

from msgspec import Struct

from schemas.cards import AlertCard
from streams.core.days import DAY_MS, HOUR_MS
from streams.core.rules import Rules

__all__ = ["Due", "due_of"]


class Due(Struct, frozen=True):
    """`claim`: the leader hears then; `outcome`: a claim is asked what became of it; `wakes`: a snooze ends."""

    what: Literal["claim", "outcome", "wakes"]
    at: int


def due_of(alert: AlertCard, rules: Rules) -> Due | None:
    """None where no clock runs: for what only the digest tells, and what is closed.

    Hours are those at which the recipient works; of what was passed on the new recipient's, which may differ.
    """
    claim = rules.returns.claim
    if alert.status == "open" and alert.real_time_at is not None:
        held = alert.recipient.recipient_id if alert.recipient else rules.routing.rules.team
        calendar = rules.routing.time_of(held)
        return Due("claim", calendar.after(alert.real_time_at, claim.leader_hours * HOUR_MS))
    if alert.status == "claimed" and alert.claimed_at is not None:
        return Due("outcome", alert.claimed_at + claim.outcome_days * DAY_MS)
    if alert.status == "snoozed" and alert.snoozed_until is not None:
        return Due("wakes", alert.snoozed_until)
    return None
