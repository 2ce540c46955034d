"""Messages to a recipient's row (topic `posts`): a record is a JSON array of them. `to` is the recipient_id.

`Digest` is no message to a row: it is what a channel delivers beside posts, made of several.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel
from schemas.deals import DealFacts
from schemas.touches import Tick

__all__ = ["Absence", "Ahead", "AlertUpdate", "Digest", "Occasion", "Outlook", "Post", "PostMessage", "Receipt"]

Occasion: TypeAlias = Literal[
    "raised", "broke_through", "woke", "reminder", "escalation", "passed_on", "copy", "taken", "deputy"
]  # fmt: skip


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


PostMessage: TypeAlias = Post | AlertUpdate | Outlook | Absence | Receipt | Tick
