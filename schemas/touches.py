"""Messages to a lead's row (topic `touches`): a record is a JSON array of them. `to` is the lead_id."""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Activity, Version
from schemas.deals import DealStanding
from schemas.delivery import Trust
from schemas.lead_body import LeadBody

__all__ = [
    "Confirmation", "ContactKnown", "Disposition", "EraseOrder", "LeadForward", "LeadLink", "MailEvent", "MailKind",
    "MergeOrder", "Tick", "Touch", "VisitorStanding", "VoidOrder",
]  # fmt: skip

MailKind: TypeAlias = Literal[
    "sent", "delivered", "deferred", "bounced", "opened", "clicked", "replied", "complained", "unsubscribed",
    "subscribed", "hidden_link",
]  # fmt: skip


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
    """The whole standing of a lead that turned out to be this one, so far as its time belongs here.

    `through`: ways by which standings came to the sender, each from the lead that they began at to the sender itself;
    a lead that finds itself in one stands in a circle. () withdraws (an un-merge). `body` None with a way: hollow, it
    only tells of the circle and counts for nothing.
    """

    v: int = 1
    to: str
    lead_id: str
    version: Version
    as_of: int
    through: tuple[tuple[str, ...], ...]
    body: LeadBody | None


class Disposition(Struct, frozen=True, kw_only=True, tag_field="t", tag="disposition"):
    """What a person in sales decided about this lead: `kind` is a milestone kind such as `dead_end` or `restored`.

    `until`: a date that the customer named, 0 for none. `said`: answers by name, such as the five checks.
    """

    v: int = 1
    to: str
    milestone_id: str
    kind: str
    reason: str
    at: int
    actor: str
    until: int = 0
    said: dict[str, str] = {}


class LeadLink(Struct, frozen=True, kw_only=True, tag_field="t", tag="link"):
    """At `at` somebody said that this lead (a user id) is that one: the lead of its e-mail, or of another user id.

    A fact, never withdrawn: the row forwards to the lead that owns each time. `email` outranks `alias`.
    """

    v: int = 1
    to: str
    lead_id: str
    at: int
    by: Literal["alias", "email"]
    trust: Trust


class MergeOrder(Struct, frozen=True, kw_only=True, tag_field="t", tag="merge"):
    """An operator says that this lead is `into`, all of it; `into` "" takes that back. The newest `at` wins.

    `into` the lead itself: it is nobody else, whatever links say (undoes one that a browser made).
    """

    v: int = 1
    to: str
    into: str
    at: int
    actor: str
    reason: str = ""


class MailEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="mail"):
    """What became of a mail to this lead, or what was done in it; names as django-anymail has them.

    `click_id` is what our redirect adds to the destination. `sign` names what the endpoint saw that proves a machine
    (`head`, `no_user_agent`, `prefetch`, `bot`), "" for nothing. `ip` is truncated. `permanent`: a hard bounce;
    `auto`: an auto-reply. `at` is UTC milliseconds: received_at, of a provider's own events its time.
    """

    v: int = 1
    to: str
    kind: MailKind
    mail_event_id: str
    message_id: str
    at: int
    link: str = ""
    click_id: str = ""
    visitor_id: str = ""
    sign: str = ""
    ip: str = ""
    user_agent: str = ""
    permanent: bool = False
    auto: bool = False
    program_id: str = ""


class Confirmation(Struct, frozen=True, kw_only=True, tag_field="t", tag="confirmation"):
    """A page with a click's id was seen by somebody: what makes a click human. From the visitor's row."""

    v: int = 1
    to: str
    click_id: str
    visitor_id: str
    at: int
    dwell_ms: int
    interactions: int


class VoidOrder(Struct, frozen=True, kw_only=True, tag_field="t", tag="void"):
    """A person says that a hit or a milestone counts for nothing: a test form, a visit of our own. Name one of both.

    The order is kept for 400 days; a hit keeps its place and gives 0 points.
    """

    v: int = 1
    to: str
    at: int
    actor: str
    reason: str
    hit_id: int = 0
    milestone_id: str = ""


class ContactKnown(Struct, frozen=True, kw_only=True, tag_field="t", tag="contact"):
    """From the row of a CRM's contact: its address is this lead's. So whoever is erased is erased there too."""

    v: int = 1
    to: str
    contact: str  # `contact:<source>:<id>`
    at: int


class EraseOrder(Struct, frozen=True, kw_only=True, tag_field="t", tag="erase"):
    """Forget `lead_id`: this lead itself, or the one that it turned out to be. The first is remembered, none undoes it.

    A lead that turned out to be several is this order's only where all of them are erased.
    """

    v: int = 1
    to: str
    lead_id: str
    at: int
    actor: str


class Tick(Struct, frozen=True, kw_only=True, tag_field="t", tag="tick"):
    """The clock: it is `at` now, a time that this row asked to be woken at.

    `now`: what time it really was when the clock said so, later where nobody was there at `at`; 0 = not told.
    """

    v: int = 1
    to: str
    at: int
    now: int = 0


Touch: TypeAlias = (
    VisitorStanding | LeadForward | LeadLink | MergeOrder | DealStanding | Disposition | MailEvent | Confirmation
    | VoidOrder | ContactKnown | EraseOrder | Tick
)
