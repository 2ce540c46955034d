"""Deliveries: what one request brought, stamped, and grouped by the partition of each event's visitor."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from producers.collector.reading.caps import BadEvent
from producers.collector.reading.wire import Request, places
from schemas.codec import encode
from schemas.delivery import Delivery, Trust
from schemas.errors import BadId
from schemas.ids import Naming
from schemas.lookups import remembered
from schemas.rejected import Reason
from schemas.topics import partition_of

__all__ = ["MAX_USER_AGENT", "PartitionOf", "grouped", "partitions_by_visitor", "stamped"]

MAX_USER_AGENT: Final = 512
PartitionOf = Callable[[str | int | None, str | int | None], int | None]


def partitions_by_visitor(naming: Naming, partitions: int) -> PartitionOf:
    """(anonymousId, userId) -> partition, None where neither says anything."""

    @remembered("partitions_of_visitors", most=65_536)
    def partition(anonymous_id: str | int | None, user_id: str | int | None) -> int | None:
        try:
            visitor_id = naming.visitor_of(anonymous_id, user_id)
        except BadId:
            return None
        return None if visitor_id is None else partition_of(visitor_id, partitions)

    return partition


def grouped(request: Request, partition: PartitionOf) -> tuple[dict[int, list[bytes]], list[BadEvent]]:
    """The bytes of the events by partition, and those that belong to nobody."""
    groups: dict[int, list[bytes]] = {}
    lost: list[int] = []
    for number, (raw, head) in enumerate(request.events):
        where = partition(head.anonymous_id, head.user_id)
        if where is None:
            lost.append(number)
        elif where in groups:
            groups[where].append(raw)
        else:
            groups[where] = [raw]
    return groups, _nobodys(request, lost) if lost else []


def _nobodys(request: Request, numbers: Sequence[int]) -> list[BadEvent]:
    stood, why = places(request), "neither a usable anonymousId nor a usable userId"
    return [BadEvent(request.events[number][0], Reason.NO_ID, why, stood[number]) for number in numbers]


def stamped(
    events: Sequence[bytes], *,
    received_at: int, sent_at: int | None, source: str, trust: Trust, ip: str | None, user_agent: str | None,
    limit: int,
) -> Iterable[bytes]:  # fmt: skip
    """Encoded deliveries with these events: one, or several where one would have more than `limit` bytes."""
    head = encode(
        Delivery(
            received_at=received_at,
            sent_at=sent_at,
            source=source,
            trust=trust,
            ip=ip,
            user_agent=user_agent[:MAX_USER_AGENT] if user_agent else None,
            events=[],
        )
    ).removesuffix(b"]}")
    for some in _chunks(events, limit - len(head)):
        yield b"".join((head, b",".join(some), b"]}"))


def _chunks(events: Sequence[bytes], limit: int) -> Iterable[Sequence[bytes]]:
    if sum(map(len, events)) <= limit:
        yield events
        return
    some: list[bytes] = []
    size = 0
    for raw in events:
        if some and size + len(raw) > limit:
            yield some
            some, size = [], 0
        some.append(raw)
        size += len(raw) + 1
    yield some
