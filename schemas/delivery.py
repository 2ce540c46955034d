"""What one request brought, and the block that carries several of them in one Kafka record (topic `visits`).

A block is a JSON array of deliveries. `events` holds the original bytes of each event, so nothing is lost between the
sender and the worker. Times are UTC milliseconds.
"""

from typing import Literal, TypeAlias

from msgspec import UNSET, Raw, Struct, UnsetType

from schemas.events import AnyEvent

__all__ = ["Delivery", "Trust", "TypedDelivery", "VisitorOrder"]

Trust: TypeAlias = Literal["claimed", "proven"]


class VisitorOrder(Struct, frozen=True, kw_only=True):
    """An operator's word about who a browser is: `deny` = not this lead, whatever it claims; `allow` takes that back.

    The newest `at` of each lead wins. `erase`: what was done in this lead's time is forgotten, and what will be; that
    comes from the lead's row, and nothing takes it back.
    """

    to: str
    kind: Literal["allow", "deny", "erase"]
    lead_id: str
    at: int
    actor: str


class _Envelope(Struct, frozen=True, kw_only=True, gc=False):
    v: int = 1
    received_at: int
    sent_at: int | None = None
    source: str
    trust: Trust = "claimed"
    ip: str | None = None  # truncated before it is written
    user_agent: str | None = None


class Delivery(_Envelope, frozen=True, kw_only=True, gc=False):
    """A delivery as it travels: events as original bytes. People in our console write `orders`, and erased leads."""

    events: list[Raw]
    orders: list[Raw] | UnsetType = UNSET


class TypedDelivery(_Envelope, frozen=True, kw_only=True, gc=False):
    """The same delivery, its events read in one typed pass (the worker's fast path)."""

    events: list[AnyEvent]
    orders: list[VisitorOrder] | UnsetType = UNSET
