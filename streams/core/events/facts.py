"""What one event says, once the rules have read it: the message that a visitor's row is folded from."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from schemas.activity import Claim, Hits, Milestone, PageSeen, Trait
from schemas.delivery import Trust
from schemas.touches import Confirmation

__all__ = ["Facts", "Filtered", "Link", "LinkedBy", "Marks", "Ordered"]

LinkedBy: TypeAlias = Literal["alias", "email"]
Marks: TypeAlias = tuple[tuple[str, str], ...]


class Link(NamedTuple):
    """At `at` the lead of a user id was said to be `lead_id`: that of its e-mail, or (`alias`) of another user id."""

    at: int
    user_lead: str
    lead_id: str
    by: LinkedBy = "email"
    trust: Trust = "claimed"


class Ordered(NamedTuple):
    """What an operator said of a lead at this browser: `deny` = it never was that one, `allow` takes that back.

    `erase`, from the lead's row: nothing of its time is kept.
    """

    lead_id: str
    at: int
    kind: Literal["allow", "deny", "erase"]


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """One event's contribution to the row of visitor `to`. Times are UTC milliseconds; `at` is the event's own.

    `confirmation` goes on to the lead that it names, and leaves nothing here.
    `network`: the account whose listed network it came from, "" for none. `said`: traits, each with its own time;
    `marks`: of the campaign that brought somebody, traits too, by the event's time. Most events name the same few.
    `only_pages`: it certainly holds nothing but pages, their hits and marks, as most do; nobody need ask for the rest.
    """

    to: str
    received_at: int
    at: int
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    orders: tuple[Ordered, ...] = ()
    hits: Mapping[str, Hits] = {}
    pages: tuple[PageSeen, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    said: Mapping[str, Trait] = {}
    marks: Marks = ()
    confirmation: Confirmation | None = None
    network: str = ""
    only_pages: bool = False

    @property
    def traits(self) -> Mapping[str, Trait]:
        """All traits that the event says."""
        return {**self.said, **{name: Trait(self.at, value) for name, value in self.marks}}


class Filtered(Struct, frozen=True):
    """Understood, and left out on purpose; counted by its reason."""

    reason: str
