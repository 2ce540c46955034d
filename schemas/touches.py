"""Messages to a lead's row (topic `touches`): a record is a JSON array of them. `to` is the lead_id."""

from typing import TypeAlias

from msgspec import Struct

from schemas.activity import Activity, Version
from schemas.deals import DealStanding
from schemas.delivery import Trust

__all__ = ["Disposition", "LeadForward", "Tick", "Touch", "VisitorStanding"]


class VisitorStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="visitor"):
    """What happened through one browser in this lead's time. `activity` None withdraws.

    `known_at` is the event time of the first claim, `trust` the best that was said.
    """

    v: int = 1
    to: str
    visitor_id: str
    version: Version
    as_of: int
    known_at: int
    trust: Trust
    activity: Activity | None


class LeadForward(Struct, frozen=True, kw_only=True, tag_field="t", tag="lead"):
    """The whole standing of a lead that turned out to be this one. `activity` None withdraws (un-merge)."""

    v: int = 1
    to: str
    lead_id: str
    version: Version
    as_of: int
    known_at: int
    trust: Trust
    activity: Activity | None


class Disposition(Struct, frozen=True, kw_only=True, tag_field="t", tag="disposition"):
    """What a person in sales decided about this lead: `kind` is a milestone kind such as `dead_end` or `restored`."""

    v: int = 1
    to: str
    milestone_id: str
    kind: str
    reason: str
    at: int
    actor: str


class Tick(Struct, frozen=True, kw_only=True, tag_field="t", tag="tick"):
    """The clock: it is `at` now, a time that this row asked to be woken at."""

    v: int = 1
    to: str
    at: int


Touch: TypeAlias = VisitorStanding | LeadForward | DealStanding | Disposition | Tick
