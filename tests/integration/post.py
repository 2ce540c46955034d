"""From events to what lies in `visits`: deliveries, copies of them, an order shuffled within each day, blocks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import encode

from schemas.codec import encode_block
from schemas.delivery import Delivery
from schemas.topics import partition_of
from tests.integration.scribe import DAY_MS, MINUTE_MS, Happened

__all__ = ["Parcel", "blocks", "copies", "once", "parcels", "shuffled"]

_TOGETHER: Final = 2 * MINUTE_MS


class Parcel(Struct, frozen=True, kw_only=True):
    """One request of one browser as it reached us."""

    visitor_id: str
    received_at: int
    sent_at: int  # by the browser's clock
    happened: tuple[Happened, ...]

    def delivery(self) -> Delivery:
        """What the collector writes."""
        browser = self.happened[0].browser
        return Delivery(
            received_at=self.received_at, sent_at=self.sent_at, source=browser.source, ip="192.0.2.0",
            user_agent=browser.user_agent, events=[Raw(one.raw) for one in self.happened],
        )  # fmt: skip


def _parcel(happened: Sequence[Happened], *, sent_at: int, latency_ms: int) -> Parcel:
    browser = happened[0].browser
    return Parcel(
        visitor_id=browser.anonymous_id, received_at=sent_at + latency_ms, sent_at=sent_at - browser.skew_ms,
        happened=tuple(happened),
    )  # fmt: skip


def parcels(events: Iterable[Happened]) -> list[Parcel]:
    """Each browser's events, those together that left it within two minutes (and 12 at most)."""
    by_browser: defaultdict[str, list[Happened]] = defaultdict(list)
    for event in events:
        by_browser[event.browser.anonymous_id].append(event)
    made: list[Parcel] = []
    for own in by_browser.values():
        own.sort(key=lambda one: (one.reaches_at, one.message_id))
        waiting: list[Happened] = []
        for event in own:
            if waiting and (event.reaches_at > waiting[0].reaches_at + _TOGETHER or len(waiting) == 12):
                made.append(_parcel(waiting, sent_at=waiting[-1].reaches_at, latency_ms=waiting[0].browser.latency_ms))
                waiting = []
            waiting.append(event)
        made.append(_parcel(waiting, sent_at=waiting[-1].reaches_at, latency_ms=waiting[0].browser.latency_ms))
    return made


def copies(random: Random, sent: Sequence[Parcel], *, events: int, before: int) -> list[Parcel]:
    """Resends of about `events` events: whole requests or parts of them, seconds to days later.

    None arrives later than `before`. Some take longer on their way, so that the same event has two times. Names keep
    theirs: who somebody was from when on is decided by the first time that it was said.
    """
    made: list[Parcel] = []
    count = 0
    while count < events:
        first = random.choice(sent)
        happened = first.happened if random.random() < 0.7 else first.happened[: random.randint(1, len(first.happened))]
        plain = not any(one.names for one in happened)
        wait = random.choice((2_000, 60_000, random.randint(DAY_MS // 2, 2 * DAY_MS)))
        slower = random.choice((0, 0, 0, -3, random.randint(1, 3_000))) if plain else 0
        browser = happened[0].browser
        again = first.sent_at + browser.skew_ms + wait
        if again + MINUTE_MS < before:
            made.append(_parcel(happened, sent_at=again, latency_ms=browser.latency_ms + slower))
            count += len(happened)
    return made


def once(sent: Iterable[Parcel]) -> list[Parcel]:
    """Each event once, as its latest time says (which is the rule for two times of one event), in order of arrival."""
    latest: dict[str, tuple[int, Parcel, Happened]] = {}
    for parcel in sent:
        late_by = parcel.received_at - parcel.sent_at
        for event in parcel.happened:
            known = latest.get(event.message_id)
            if known is None or late_by > known[0]:
                latest[event.message_id] = (late_by, parcel, event)
    by_parcel: defaultdict[Parcel, list[Happened]] = defaultdict(list)
    for _, parcel, event in latest.values():
        by_parcel[parcel].append(event)
    made = [
        Parcel(visitor_id=one.visitor_id, received_at=one.received_at, sent_at=one.sent_at, happened=tuple(own))
        for one, own in by_parcel.items()
    ]
    return sorted(made, key=lambda one: (one.received_at, one.visitor_id))


def shuffled(random: Random, sent: Iterable[Parcel]) -> list[Parcel]:
    """Day after day as received, in any order within a day."""
    by_day: defaultdict[int, list[Parcel]] = defaultdict(list)
    for parcel in sent:
        by_day[parcel.received_at // DAY_MS].append(parcel)
    order: list[Parcel] = []
    for day in sorted(by_day):
        random.shuffle(by_day[day])
        order += by_day[day]
    return order


def blocks(random: Random, deliveries: Sequence[tuple[str, bytes]], *, partitions: int) -> list[tuple[int, bytes]]:
    """(partition, record value) as the collector writes them: 1 to 8 encoded deliveries of one partition together."""
    waiting: defaultdict[int, list[bytes]] = defaultdict(list)
    size = {partition: random.randint(1, 8) for partition in range(partitions)}
    made: list[tuple[int, bytes]] = []
    for visitor_id, delivery in deliveries:
        partition = partition_of(visitor_id, partitions)
        waiting[partition].append(delivery)
        if len(waiting[partition]) >= size[partition]:
            made.append((partition, encode_block(waiting.pop(partition))))
            size[partition] = random.randint(1, 8)
    made += [(partition, encode_block(rest)) for partition, rest in waiting.items()]
    return made


def encoded(parcel: Parcel) -> tuple[str, bytes]:
    """Visitor and the delivery's bytes."""
    return parcel.visitor_id, encode(parcel.delivery())
