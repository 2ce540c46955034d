"""What a fold wants to be told to others.

Standings and leads' and accounts' cards carry state and may leave at once; decisions (transitions, alerts, posts, dues,
the end of a card) leave only when the row that took them is acknowledged (law 4).
"""

from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.delivery import VisitorOrder
from schemas.posts import Digest, Edit, LeadNews, Post, PostMessage
from schemas.signals import Signal
from schemas.touches import Touch

__all__ = ["NOTHING", "Due", "Effects", "Folded"]

R = TypeVar("R")


class Due(Struct, frozen=True):
    """One post, digest, edit or news of a lead, to be delivered through one channel, now."""

    channel: str
    post: Post | Digest | Edit | LeadNews


class Effects(Struct, frozen=True, kw_only=True, gc=False):
    """All that one fold says. Saying it twice changes nothing at its receivers.

    `approximated` names the bounds that this fold met: the row is no longer exact there, and a metric counts it.
    `passed_over`: messages that were about somebody who is erased, and left nothing; counted too.
    """

    touches: tuple[Touch, ...] = ()
    signals: tuple[Signal, ...] = ()
    orders: tuple[VisitorOrder, ...] = ()
    leads: tuple[LeadCard, ...] = ()
    accounts: tuple[AccountCard, ...] = ()
    transitions: tuple[Transition, ...] = ()  # decisions, from here on
    alerts: tuple[AlertCard, ...] = ()
    posts: tuple[PostMessage, ...] = ()
    dues: tuple[Due, ...] = ()
    erased: tuple[str, ...] = ()  # leads whose cards go
    approximated: tuple[str, ...] = ()
    passed_over: int = 0


NOTHING = Effects()


class Folded(NamedTuple, Generic[R]):
    """The row after some messages, and what others must know."""

    row: R
    effects: Effects
