"""An account's row: parts of its leads and deals, and the episodes in which a lost deal's account came back.

Times are UTC milliseconds.
"""

from typing import ClassVar

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, AlertStatus
from schemas.deals import DealFacts
from schemas.signals import Member
from streams.core.parts import Part

__all__ = ["Account", "Episode", "Looked", "Posted"]


class Posted(Struct, frozen=True, array_like=True):
    """That a level of an alert was posted to a recipient, once."""

    level: AlertLevel
    recipient_id: str
    at: int
    version: Version


class Episode(Struct, frozen=True, array_like=True):
    """One return of one deal's account. `card` is the alert as it was last said: frozen when claimed or closed."""

    deal_id: str
    number: int
    raised_at: int
    level: AlertLevel
    status: AlertStatus
    counted_at: int  # the freshest thing that counted: the episode expires some time after it
    card: AlertCard
    real_time_at: int | None = None
    waiting: bool = False  # real-time by its strength, silent by the cool-down
    reset_at: int | None = None  # when it was claimed or closed last: R counts anew from here
    posts: tuple[Posted, ...] = ()


class Looked(Struct, frozen=True, array_like=True):
    """What is ahead of the lost deal, as one recipient was told of it; `deal` None: no more."""

    version: Version
    deal: DealFacts | None
    hold_ends_at: int | None = None
    contract_ends_at: int | None = None


class Account(Struct, frozen=True, array_like=True, tag="account"):
    """One company. `episodes` newest first; `announced` says who or what was in a real-time announcement, and when.

    `outlooks` by recipient.
    """

    FORMAT: ClassVar[int] = 1
    version: Version
    as_of: int
    wake_at: int | None = None
    members: dict[str, Part[Member]] = {}
    deals: dict[str, Part[DealFacts]] = {}
    episodes: tuple[Episode, ...] = ()
    announced_at: int | None = None
    announced: dict[str, int] = {}
    outlooks: dict[str, Looked] = {}
