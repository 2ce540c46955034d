"""What one delivery says of all its events: from whom, when, and how far to trust it."""

from msgspec import Struct

from schemas.delivery import Delivery, TypedDelivery
from schemas.event_time import OLDEST_MS, WireTime, clamped, event_time
from schemas.times import milliseconds_of
from streams.core.events.senders import Sender, senders_in
from streams.core.rules import Rules

__all__ = ["Arrival", "arrived"]


class Arrival(Struct, frozen=True, gc=False):
    """Times are UTC milliseconds. `oldest`: the edge of the times that its events may name."""

    received_at: int
    sent_at: int | None
    oldest: int
    sender: Sender

    def time_of(self, stamp: WireTime, sent_at: int | None) -> tuple[int, str]:
        """When something happened, and why that time is ours (`clamped`): "" where it is its sender's, as most are."""
        at, received_at = milliseconds_of(stamp), self.received_at
        if at is not None:
            if sent_at is not None:
                at += received_at - sent_at
            if self.oldest < at <= received_at:
                return at, ""
        at = event_time(stamp, received_at=received_at, sent_at=sent_at, trust=self.sender.trust)
        return at, clamped(stamp, at, received_at=received_at, sent_at=sent_at)


def arrived(delivery: Delivery | TypedDelivery, rules: Rules) -> Arrival:
    """The delivery by these rules."""
    received_at = delivery.received_at
    ip = delivery.ip if rules.routing.rules.network else None  # else each browser would be a sender of its own
    sender = senders_in(rules)(delivery.source, delivery.trust, delivery.user_agent, ip)
    return Arrival(received_at, delivery.sent_at, max(received_at - OLDEST_MS, 0), sender)
