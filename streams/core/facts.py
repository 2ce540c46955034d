"""What one event says, once the rules have read it: the message that a visitor's row is folded from."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from schemas.activity import Claim, Hits, Milestone, PageSeen, Trait
from schemas.touches import Confirmation

__all__ = ["Facts", "Filtered", "Link"]


class Link(NamedTuple):
    """At `at` the lead of a user id was said to have an e-mail, whose lead that is."""

    at: int
    user_lead: str
    email_lead: str


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """One event's contribution to the row of visitor `to`. Times are UTC milliseconds; `at` is the event's own.

    `confirmation` goes on to the lead that it names, and leaves nothing here.
    """

    to: str
    received_at: int
    at: int
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    hits: Mapping[str, Hits] = {}
    pages: tuple[PageSeen, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    traits: Mapping[str, Trait] = {}
    confirmation: Confirmation | None = None


class Filtered(Struct, frozen=True):
    """Understood, and left out on purpose; counted by its reason."""

    reason: str
