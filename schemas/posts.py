"""Messages to a recipient's row (topic `posts`): a record is a JSON array of them. `to` is the recipient_id."""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.cards import AlertCard, AlertLevel
from schemas.touches import Tick

__all__ = ["Post", "PostMessage", "Receipt"]


class Post(Struct, frozen=True, kw_only=True, tag_field="t", tag="post"):
    """One alert at one level, due to one recipient. post_id follows from the three."""

    v: int = 1
    to: str
    post_id: str
    level: AlertLevel
    at: int
    alert: AlertCard


class Receipt(Struct, frozen=True, kw_only=True, tag_field="t", tag="receipt"):
    """What became of a post on one channel. `refused` is final, `sent` too."""

    v: int = 1
    to: str
    post_id: str
    channel: str
    outcome: Literal["sent", "refused"]
    detail: str = ""
    at: int


PostMessage: TypeAlias = Post | Receipt | Tick
