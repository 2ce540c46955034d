"""A block of deliveries to facts: all at once, and event by event where that fails, so that neighbours live on."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from schemas.codec import EVENT, ORDER, VISITS, VISITS_TYPED
from schemas.delivery import Delivery, TypedDelivery, VisitorOrder
from schemas.errors import Undecodable
from schemas.events import AnyEvent
from schemas.formats import refuse_the_future
from schemas.rejected import Envelope, Reason
from streams.core.events.arrival import Arrival, arrived
from streams.core.events.browsing import browsed
from streams.core.events.facts import Facts, Ordered
from streams.core.events.site import routed
from streams.core.rules import Rules

__all__ = ["Refused", "Visits", "decode_visits"]


class Refused(Struct, frozen=True):
    """One event that could not be used, with what `rejected` wants to know. `source` "" = not even its delivery.

    `envelope`: what its delivery said beside its events.
    """

    raw: bytes
    error: Undecodable
    source: str
    envelope: Envelope | None


class Visits(NamedTuple):
    """What a block says: facts, what was refused, and how many events were left out on purpose, by reason."""

    facts: list[Facts]
    refused: list[Refused]
    filtered: dict[str, int]


def decode_visits(raw: bytes, rules: Rules) -> Visits:
    """Everything that a block holds. Raises FromTheFuture, and nothing else."""
    visits = Visits([], [], {})
    typed, bad = VISITS_TYPED.decode(raw)
    refuse_the_future("visits", typed)
    if bad:
        _one_by_one(raw, visits, rules)
        return visits
    originals: list[Delivery] | None = None
    for number, delivery in enumerate(typed):
        if delivery.orders:
            visits.facts.extend(_ordered(order, delivery.received_at) for order in delivery.orders)
        for place, refused in _routed(delivery.events, delivery, visits, rules=rules):
            originals = originals or list(VISITS.decode(raw)[0])
            visits.refused.append(_refused(bytes(originals[number].events[place]), refused, delivery))
    return visits


def _one_by_one(raw: bytes, visits: Visits, rules: Rules) -> None:
    deliveries, bad = VISITS.decode(raw)
    visits.refused.extend(Refused(one.raw, one.error, "", None) for one in bad)
    for delivery in deliveries:
        for raw_order in delivery.orders or ():
            try:
                visits.facts.append(_ordered(ORDER.decode(raw_order), delivery.received_at))
            except Undecodable as error:
                visits.refused.append(_refused(bytes(raw_order), error, delivery))
        for original in delivery.events:
            try:
                bad_events = _routed((EVENT.decode(original),), delivery, visits, rules=rules)
            except Undecodable as error:
                bad_events = [(0, error)]
            visits.refused.extend(_refused(bytes(original), error, delivery) for _, error in bad_events)


def _routed(
    events: Sequence[AnyEvent], delivery: Delivery | TypedDelivery, visits: Visits, *, rules: Rules
) -> Sequence[tuple[int, Undecodable]]:
    """Adds what the events say; the places of those that cannot be used, and why."""
    arrival, found = _at_once(events, delivery, rules)
    if all(found):  # as of most deliveries
        visits.facts.extend(found)  # type: ignore[arg-type]  # none is None
        return ()
    refused: list[tuple[int, Undecodable]] = []
    for place, (event, facts) in enumerate(zip(events, found, strict=True)):
        if facts is not None:
            visits.facts.append(facts)
            continue
        try:
            arrival = arrival or arrived(delivery, rules)
            said = routed(event, arrival)
        except Undecodable as error:
            refused.append((place, error))
        except Exception as error:  # noqa: BLE001  a bug of ours must not take the block along (law 5)
            refused.append((place, Undecodable(Reason.FOLD, f"{type(error).__name__} while routing")))
        else:
            if isinstance(said, Facts):
                visits.facts.append(said)
            else:
                visits.filtered[said.reason] = visits.filtered.get(said.reason, 0) + 1
    return refused


def _at_once(
    events: Sequence[AnyEvent], delivery: Delivery | TypedDelivery, rules: Rules
) -> tuple[Arrival | None, Sequence[Facts | None]]:
    """The facts of those events that need no care. Where that fails: of none, and why is found event by event."""
    arrival: Arrival | None = None
    try:
        arrival = arrived(delivery, rules)
        return arrival, browsed(events, arrival)
    except Exception:  # noqa: BLE001  law 5, as below
        return arrival, [None] * len(events)


def _ordered(order: VisitorOrder, received_at: int) -> Facts:
    """What an operator says of a browser, as a message to its row."""
    said = Ordered(order.lead_id, order.at, order.kind)
    return Facts(to=order.to, received_at=received_at, at=order.at, orders=(said,))


def _refused(raw: bytes, error: Undecodable, delivery: Delivery | TypedDelivery) -> Refused:
    envelope = Envelope(received_at=delivery.received_at, sent_at=delivery.sent_at, trust=delivery.trust,
                        ip=delivery.ip, user_agent=delivery.user_agent)  # fmt: skip
    return Refused(raw, error, delivery.source, envelope)
