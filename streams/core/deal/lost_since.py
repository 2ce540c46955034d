"""Since when a deal is lost where its CRM names no time: the first report after which it was never anything else.

A CRM that sends the same lost deal again, or with another owner, names no new loss: without this the loss would move
with every report, and nobody's return would ever be watched for. Times are UTC milliseconds.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec import UNSET

from schemas.crm import DealPatch
from schemas.deals import DealFacts, DealReport
from schemas.signals import Signal

__all__ = ["Mark", "kept_marks", "lost_since", "mark_of", "marks_of"]

MAX_LOST: Final = 16


class Mark(NamedTuple):
    """That a report said so: `lost_at` 0 = not lost."""

    reported_at: int
    lost_at: int


def mark_of(deal: DealFacts) -> Mark:
    """What a report says of the loss."""
    return Mark(deal.reported_at, (deal.lost_at or deal.reported_at) if deal.status == "lost" else 0)


def marks_of(messages: Iterable[Signal]) -> list[Mark]:
    """What whole reports and pieces say of the loss."""
    found = [mark_of(one.deal) for one in messages if isinstance(one, DealReport)]
    pieces = [one for one in messages if isinstance(one, DealPatch) and one.fields.status is not UNSET]
    return found + [Mark(one.reported_at, one.reported_at * (one.fields.status == "lost")) for one in pieces]


def kept_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """What still decides: the last mark of a deal that was not lost, and those of the loss after it, by time.

    Of these the first and the 15 last; beyond that a report that comes very late may find the first of a loss gone.
    """
    found = set(marks)
    other = max((mark for mark in found if not mark.lost_at), default=Mark(0, 0))
    lost = sorted(mark for mark in found if mark.lost_at and mark.reported_at >= other.reported_at)
    return (*((other,) if other.reported_at else ()), *lost[:1], *lost[1:][1 - MAX_LOST :])


def lost_since(deal: DealFacts, marks: Iterable[Mark]) -> int | None:
    """When the deal was lost: the CRM's word, unless that is only when it reported so. `marks` are kept ones."""
    if deal.status != "lost" or deal.lost_at not in (None, deal.reported_at):
        return deal.lost_at
    return min((mark.lost_at for mark in marks if mark.lost_at), default=deal.reported_at)
