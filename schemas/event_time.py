"""When an event happened (law 10): the sender's clock, corrected by what it believed the sending time to be."""

from typing import Final

from schemas.delivery import Trust
from schemas.times import milliseconds_of

__all__ = ["event_time"]

OLDEST_MS: Final = 7 * 86_400_000
WireTime = str | int | float | None


def event_time(stamp: WireTime, *, received_at: int, sent_at: int | None, trust: Trust) -> int:
    """UTC milliseconds: `received_at - (sent_at - stamp)`, between 7 days before `received_at` and `received_at`.

    A stamp that is none gives `received_at`; what a server key brings keeps its own past time.

    >>> event_time(900_000_000_000, received_at=1_000_000_000_000, sent_at=None, trust="proven")
    900000000000
    >>> event_time(999_999_990_000, received_at=1_000_000_000_000, sent_at=999_999_995_000, trust="claimed")
    999999995000
    """
    at = milliseconds_of(stamp)
    if at is None:
        return received_at
    if sent_at is not None:
        at += received_at - sent_at
    if at >= received_at:
        return received_at
    return max(at, 0) if trust == "proven" else max(at, received_at - OLDEST_MS, 0)
