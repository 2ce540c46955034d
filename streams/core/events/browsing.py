"""Most events: pages that name nobody, with nothing odd about them. One walk over all of a delivery.

What is the same for all of them is asked for once. Whatever is odd is left to `routed`, which reads anything and says
the same of these.
"""

from collections.abc import Sequence

from schemas.activity import PageSeen
from schemas.events import AnyEvent, Page
from schemas.ids import LONGEST_PLACEHOLDER, NO_UUID, clean_id
from schemas.times import milliseconds_of
from streams.core.events.addresses import LONGEST_REMEMBERED, NO_HITS
from streams.core.events.arrival import Arrival
from streams.core.events.event_ids import url_of
from streams.core.events.facts import Facts
from streams.core.visitor.networks import STAFF

__all__ = ["browsed"]


def browsed(events: Sequence[AnyEvent], arrival: Arrival) -> list[Facts | None]:  # noqa: C901  the hot path
    """The facts of each event, None for one that `routed` must read. Raises whatever reading an id may raise."""
    found: list[Facts | None] = [None] * len(events)
    sender, received_at, sent_at, oldest = arrival.sender, arrival.received_at, arrival.sent_at, arrival.oldest
    if (network := sender.network) == STAFF:
        return found
    believed, attention, hit_id_of, address_of = (
        sender.believed, sender.attention, sender.hit_id_of, sender.addresses.known
    )  # fmt: skip
    ahead = 0 if sent_at is None else received_at - sent_at
    own_agent = None if sender.reads else sender.user_agent
    said_id: str | int | None = None
    visitor_id: str | None = None
    new = tuple.__new__  # half of what `PageSeen(...)` costs
    for place, event in enumerate(events):
        if type(event) is not Page or event.user_id is not None or (sent_at is None and event.sent_at is not None):
            continue
        if (context := event.context) is not None and (agent := context.user_agent):
            if agent != own_agent:
                continue
        elif sender.posts_as_machine:
            continue
        if (anonymous_id := event.anonymous_id) != said_id:  # one browser sends most deliveries
            visitor_id, said_id = clean_id(anonymous_id), anonymous_id
        message_id, stamp = event.message_id, event.timestamp
        if type(message_id) is not str or len(message_id := message_id.strip()) <= LONGEST_PLACEHOLDER:
            continue
        if (at := milliseconds_of(stamp if stamp is not None else event.original_timestamp)) is None:
            continue
        at += ahead
        if visitor_id is None or message_id == NO_UUID or not oldest < at <= received_at:
            continue
        said = event.properties
        if said is None or type(url := said.get("url")) is not str or not url:
            url = url_of(event)
        if len(url) > LONGEST_REMEMBERED:
            continue
        address = address_of(url)
        page: PageSeen = new(PageSeen, (at, hit_id_of(message_id), address.path, address.kind, attention, attention))
        found[place] = Facts(
            to=visitor_id, received_at=received_at, at=at, hits=address.hits(page) if address.needs else NO_HITS,
            pages=(page,), marks=address.marks if believed else (), network=network, only_pages=not network,
        )  # fmt: skip
    return found
