"""Counters that alarms look at are there from the start: Prometheus sees no rise in one that begins with 1."""

from producers.errors import Refusal, SinkFull, SinkRefused, SinkUnavailable, SpoolFailed, SpoolFull
from producers.metrics import DROPPED, LIMITED, REFUSED, REJECTED
from schemas.rejected import Reason

__all__ = ["from_zero"]


def from_zero() -> None:
    """Each reason that there is, counted so far as often as it happened."""
    for error in (SinkFull, SinkRefused, SinkUnavailable, SpoolFailed, SpoolFull):
        DROPPED.labels(error.reason)
    for refusal in Refusal:
        REFUSED.labels(refusal)
    for reason in Reason:
        REJECTED.labels(reason)
    for by in ("key", "network", "crowd"):
        LIMITED.labels(by)
