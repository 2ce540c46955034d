"""Until when somebody has to do something about an alert, as its card says. Times are UTC milliseconds."""

from typing import Literal

from msgspec import Struct

from schemas.cards import AlertCard

__all__ = ["Due", "due_of"]


class Due(Struct, frozen=True):
    """`claim`: the leader hears then; `outcome`: a claim is asked what became of it; `wakes`: a snooze ends.

    `held_until`: of an outcome; nobody may talk to them before it, and the time runs from it.
    """

    what: Literal["claim", "outcome", "wakes"]
    at: int
    held_until: int | None = None


def due_of(alert: AlertCard) -> Due | None:
    """None where no clock runs: for what only the digest tells, and what is closed."""
    if alert.status == "snoozed" and alert.snoozed_until is not None:
        return Due("wakes", alert.snoozed_until)
    if alert.due_at is None or alert.status not in ("open", "claimed"):
        return None
    return Due("claim", alert.due_at) if alert.status == "open" else Due("outcome", alert.due_at, alert.hold_until)
