"""Messages to a recipient's row (topic `posts`): a record is a JSON array of them. `to` is the recipient_id.

`Digest` and `Edit` are no messages to a row: they are what channels deliver beside posts.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, Transition
from schemas.deals import DealFacts
from schemas.signals import PersonErased
from schemas.touches import Tick

__all__ = [
    "Absence", "Ahead", "AlertUpdate", "Digest", "Edit", "LeadNews", "LeadNewsKind", "Occasion", "Outlook", "Post",
    "PostMessage", "Receipt",
]  # fmt: skip

Occasion: TypeAlias = Literal[
    "raised", "broke_through", "woke", "reminder", "escalation", "passed_on", "copy", "taken", "deputy"
]  # fmt: skip
LeadNewsKind: TypeAlias = Literal["audience.entered", "audience.left", "lead.merged", "lead.stage_changed"]


class Post(Struct, frozen=True, kw_only=True, tag_field="t", tag="post"):
    """One alert at one level, due to one recipient on one occasion. post_id follows from the four."""

    v: int = 1
    to: str
    post_id: str
    level: AlertLevel
    at: int
    alert: AlertCard
    occasion: Occasion = "raised"
    detail: str = ""  # what broke through, who took it; the recipient_id whose it was


class AlertUpdate(Struct, frozen=True, kw_only=True, tag_field="t", tag="update"):
    """What became of an alert (claimed, snoozed, closed), to everybody who was posted to. The newest card wins.

    `scrubbed`: somebody on it was erased; whoever keeps the alert keeps it as it is here.
    """

    v: int = 1
    to: str
    alert: AlertCard
    scrubbed: bool = False


class Outlook(Struct, frozen=True, kw_only=True, tag_field="t", tag="outlook"):
    """When it is worth to call a lost account again, to its owner: state by account, the newest version wins.

    `deal` None withdraws. A date that is None is not known; people are left out.
    """

    v: int = 1
    to: str
    account_id: str
    account_name: str = ""
    version: Version
    at: int
    deal: DealFacts | None
    hold_ends_at: int | None = None
    contract_ends_at: int | None = None  # of the rival that won it


class Absence(Struct, frozen=True, kw_only=True, tag_field="t", tag="absence"):
    """A rep is away: from `begins` to `ends` what is due goes to `deputy` ("" = it waits). The newest `at` wins."""

    v: int = 1
    to: str
    at: int
    begins: int
    ends: int
    deputy: str = ""
    actor: str = ""


class LeadNews(Struct, frozen=True, kw_only=True, tag_field="t", tag="lead_news"):
    """What a webhook is told of one lead, decided by its row; post_id follows from lead, kind and number.

    Of a person it says only the lead_id. `audience` and `version` (of the row that decided) go with `audience.*`,
    `transition` with `lead.*`, `into` with `lead.merged`: the lead that it turned out to be.
    """

    v: int = 1
    to: str
    post_id: str
    kind: LeadNewsKind
    lead_id: str
    at: int
    audience: str = ""
    version: Version | None = None
    into: str = ""
    transition: Transition | None = None


class Receipt(Struct, frozen=True, kw_only=True, tag_field="t", tag="receipt"):
    """What became of a post, or of a digest, on one channel. `refused` is final, `sent` too."""

    v: int = 1
    to: str
    post_id: str
    channel: str
    outcome: Literal["sent", "refused"]
    detail: str = ""
    at: int


class Ahead(Struct, frozen=True, kw_only=True):
    """A lost account in a digest: its hold ends, or its contract with a rival, at `at`."""

    account_id: str
    account_name: str
    deal: DealFacts
    reason: Literal["contract_ends", "hold_ends"]
    at: int


class Digest(Struct, frozen=True, kw_only=True):
    """One morning's digest of one recipient: its best alerts first. post_id follows from recipient and local day."""

    v: int = 1
    to: str
    post_id: str
    at: int
    posts: tuple[Post, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    waiting: int = 0  # alerts that wait for the next digest


class Edit(Struct, frozen=True, kw_only=True):
    """What became of an alert, for where it was told: it edits what stands there and tells nobody anew.

    post_id follows from alert, recipient and the card's version.
    """

    to: str
    post_id: str
    at: int
    alert: AlertCard


PostMessage: TypeAlias = Post | AlertUpdate | Outlook | Absence | LeadNews | PersonErased | Receipt | Tick
