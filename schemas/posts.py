"""Messages to a recipient's row (topic `posts`): a record is a JSON array of them. `to` is the recipient_id."""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.cards import AlertCard, AlertLevel
from schemas.touches import Tick

__all__ = ["Absence", "Occasion", "Post", "PostMessage", "Receipt"]

Occasion: TypeAlias = Literal["raised", "broke_through", "reminder", "escalation", "passed_on", "copy", "taken"]


class Post(Struct, frozen=True, kw_only=True, tag_field="t", tag="post"):
    """One alert at one level, due to one recipient on one occasion. post_id follows from the four."""

    v: int = 1
    to: str
    post_id: str
    level: AlertLevel
    at: int
    alert: AlertCard
    occasion: Occasion = "raised"
    detail: str = ""  # what broke through, who took it


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
    """What became of a post on one channel. `refused` is final, `sent` too."""

    v: int = 1
    to: str
    post_id: str
    channel: str
    outcome: Literal["sent", "refused"]
    detail: str = ""
    at: int


PostMessage: TypeAlias = Post | Absence | Receipt | Tick
