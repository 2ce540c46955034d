"""When an event happened (law 10): the sender's clock, corrected by what it believed the sending time to be."""

from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from schemas.delivery import Trust
from schemas.times import milliseconds_of

__all__ = ["OLDEST_MS", "Clock", "Timed", "WireTime", "clamped", "event_time", "timed"]

OLDEST_MS: Final = 7 * 86_400_000
CLOSE_MS: Final = 60_000  # so far from ours a clock is called right
WireTime: TypeAlias = str | int | float | None


class Clock(StrEnum):
    """What became of the time that a sender named."""

    AS_SENT = "as_sent"
    CORRECTED = "corrected"  # moved by what sent_at says of the sender's clock
    TOO_OLD = "too_old"  # more than 7 days ago: the edge of those 7 days
    TOO_LATE = "too_late"  # after it was received: received_at
    UNREADABLE = "unreadable"  # no time at all: received_at
    MISSING = "missing"  # none was named: received_at


class Timed(NamedTuple):
    """When an event happened, in UTC milliseconds, and what that is made of."""

    at: int
    clock: Clock


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


def clamped(stamp: WireTime, at: int, *, received_at: int, sent_at: int | None) -> str:
    """Why `at`, which `event_time` gave, is ours: `too_old`, `too_late` or `unreadable`; "" where it is the sender's.

    By less than a minute no clock is wrong, and an event that names no time says nothing of its clock.

    >>> [clamped(1_000_000_000_000 + ahead, 1_000_000_000_000, received_at=1_000_000_000_000, sent_at=None)
    ...  for ahead in (0, 59_999, 60_000)]
    ['', '', 'too_late']
    """
    said = milliseconds_of(stamp)
    if said is None:
        return "" if stamp is None else Clock.UNREADABLE.value
    moved = said if sent_at is None else said + received_at - sent_at
    if abs(moved - at) < CLOSE_MS:
        return ""
    return (Clock.TOO_LATE if moved > at else Clock.TOO_OLD).value


def timed(stamp: WireTime, *, received_at: int, sent_at: int | None, trust: Trust) -> Timed:
    """The same with what was done to the stamp: for whoever asks, not for every event.

    >>> timed(55_840, received_at=1_000_000_000_000, sent_at=None, trust="claimed").clock.value
    'too_old'
    """
    at = event_time(stamp, received_at=received_at, sent_at=sent_at, trust=trust)
    said = milliseconds_of(stamp)
    if said is None:
        return Timed(at, Clock.MISSING if stamp is None else Clock.UNREADABLE)
    moved = said if sent_at is None else said + received_at - sent_at
    if moved != at:
        return Timed(at, Clock.TOO_LATE if moved > at else Clock.TOO_OLD)
    return Timed(at, Clock.AS_SENT if moved == said else Clock.CORRECTED)
