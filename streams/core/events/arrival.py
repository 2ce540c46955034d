"""What one delivery says of all its events, looked up once for all: from whom, when, and how far to trust it."""

from collections.abc import Callable

from msgspec import Struct

from schemas.delivery import Delivery, Trust, TypedDelivery
from schemas.event_time import OLDEST_MS, WireTime, clamped, event_time
from schemas.ids import hit_ids_of
from schemas.times import milliseconds_of
from streams.core.events.addresses import Addresses, addresses_in
from streams.core.events.machines import is_machine, reads_by_itself
from streams.core.rules import Rules
from streams.core.visitor.networks import network_of

__all__ = ["Arrival", "arrived"]


class Arrival(Struct, frozen=True, gc=False):
    """Times are UTC milliseconds. `trust` and `user_agent` are the delivery's.

    `reads`: that user agent is a machine's (most events repeat it). `network`: as `network_of` has it. `attention`: of
    a page that was just opened, None where the source cannot measure it. `believed`: whom an event names counts, also
    unsigned. `oldest`: the edge of the times that events may name.
    """

    received_at: int
    sent_at: int | None
    source: str
    trust: Trust
    user_agent: str | None
    reads: bool
    network: str
    attention: int | None
    believed: bool
    oldest: int
    hit_id_of: Callable[[str], int]
    address_of: Addresses
    rules: Rules

    def time_of(self, stamp: WireTime, sent_at: int | None) -> tuple[int, str]:
        """When something happened, and why that time is ours (`clamped`): "" where it is its sender's, as most are."""
        at, received_at = milliseconds_of(stamp), self.received_at
        if at is not None:
            if sent_at is not None:
                at += received_at - sent_at
            if self.oldest < at <= received_at:
                return at, ""
        at = event_time(stamp, received_at=received_at, sent_at=sent_at, trust=self.trust)
        return at, clamped(stamp, at, received_at=received_at, sent_at=sent_at)

    def is_by_machine(self) -> bool:
        """Whether an event that names no user agent of its own is: not where that only names the program that posts."""
        agent = self.user_agent
        return bool(agent) and self.trust != "proven" and reads_by_itself(agent or "", self.rules.site.senders)


def arrived(delivery: Delivery | TypedDelivery, rules: Rules) -> Arrival:
    """The delivery by these rules."""
    source, trust, agent = delivery.source, delivery.trust, delivery.user_agent
    return Arrival(
        received_at=delivery.received_at,
        sent_at=delivery.sent_at,
        source=source,
        trust=trust,
        user_agent=agent,
        reads=is_machine(agent) if agent else False,
        network=network_of(delivery.ip, trust=trust, rules=rules) if rules.routing.rules.network else "",
        attention=0 if rules.site.measures_dwell(source) else None,
        believed=rules.identity == "open" or trust == "proven",
        oldest=max(delivery.received_at - OLDEST_MS, 0),
        hit_id_of=hit_ids_of(source),
        address_of=addresses_in(rules),
        rules=rules,
    )
