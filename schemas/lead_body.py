"""All that one lead stands for, as it travels to another lead and as that one keeps it.

Times are UTC milliseconds, scores tenths, hit points hundredths. To add a part: one field here, and what divides it by
time in `streams/core/lead/body.py`.
"""

from msgspec import Struct

from schemas.activity import Activity, Decision, Void
from schemas.deals import DealFacts
from schemas.delivery import Trust
from schemas.mail import NO_MAIL, Mail

__all__ = ["Evidence", "Known", "Latch", "LeadBody"]


class Known(Struct, frozen=True, array_like=True):
    """What came through one browser, and since when and how well this lead is known there."""

    known_at: int
    trust: Trust
    activity: Activity


class Evidence(Struct, frozen=True, array_like=True):
    """One hit that a score rested on."""

    rule: str
    hit_id: int
    hundredths: int
    via: str
    at: int = 0
    what: str = ""
    keep: int = 0  # how many its rule kept then


class Latch(Struct, frozen=True, array_like=True):
    """A score that qualified: taken once with what was known then, and never undone because points fade."""

    at: int
    total_tenths: int
    rules_version: str
    evidence: tuple[Evidence, ...]
    threshold_tenths: int = 0  # that it crossed


class LeadBody(Struct, frozen=True, kw_only=True):
    """`vias` by visitor id, and what was forwarded by `<visitor id>@<lead that the visitor told>`.

    The name of that lead shows what goes with an un-merge. `absorbed`: the leads whose standing this one carries.
    """

    vias: dict[str, Known] = {}
    decisions: tuple[Decision, ...] = ()
    deals: tuple[DealFacts, ...] = ()
    latches: tuple[Latch, ...] = ()
    mail: Mail = NO_MAIL
    voids: tuple[Void, ...] = ()
    absorbed: tuple[str, ...] = ()
