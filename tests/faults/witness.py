"""What senders were answered against what lies in `visits`: the three-valued half of the ledger.

200 = it must be there (or in `rejected`), a 4xx = it must not, anything else = it may. One collector keeps the order
of a visitor's requests, each of which was sent when the one before was accepted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import TypeAlias

from msgspec import Raw
from msgspec.json import decode

from schemas.codec import REJECTED
from tests.faults.senders import DELIVERY, Request, Senders
from tests.integration.bus import Bus
from tests.integration.ledger import Ledger

__all__ = ["attest"]

Place: TypeAlias = tuple[int, int, int]  # partition, offset, number in the block
Sighting: TypeAlias = tuple[int, bytes]  # when it was received, its bytes


def attest(ledger: Ledger, senders: Senders, bus: Bus, *, ordered: bool) -> None:
    """Add to the ledger. `ordered`: all went through one collector."""
    seen, kept = _first_seen(bus), {REJECTED.decode(one.value).raw for one in bus.read("rejected")}
    sent = {sighting for request in senders.requests for sighting in _sightings(request)}
    for request in senders.requests:
        missing = [raw for at, raw in _sightings(request) if (at, raw) not in seen and raw not in kept]
        if request.accepted and missing:
            ledger.note("lost", f"answered 200 and not there: {missing[0]!r}", len(missing))
        if request.refused and len(missing) < len(request.delivery.events):
            ledger.note("phantom", f"answered {request.statuses[-1]} and there: {request.body()!r}")
    for at, raw in seen.keys() - sent:
        ledger.note("phantom", f"nobody sent {raw!r} at {at}")
    if ordered:
        _in_order(ledger, senders, seen)


def _in_order(ledger: Ledger, senders: Senders, seen: Mapping[Sighting, Place]) -> None:
    by_visitor: defaultdict[str, list[Place]] = defaultdict(list)
    times = Counter(one for request in senders.requests for one in _sightings(request))
    for request in senders.requests:
        # What two copies share says nothing about either's place.
        places = [seen[one] for one in _sightings(request) if one in seen and times[one] == 1]
        if request.accepted and places:
            by_visitor[request.visitor_id].append(min(places))
    for visitor_id, places in by_visitor.items():
        wrong = sum(later < earlier for earlier, later in pairwise(places))
        if wrong:
            ledger.note("inversions", f"{visitor_id}: {wrong} requests overtook another", wrong)


def _sightings(request: Request) -> list[Sighting]:
    return [(request.delivery.received_at, bytes(raw)) for raw in request.delivery.events]


def _first_seen(bus: Bus) -> dict[Sighting, Place]:
    found: dict[Sighting, Place] = {}
    for record in bus.read("visits"):
        try:
            block = decode(record.value, type=list[Raw])
        except ValueError:  # one of the world's broken records
            continue
        for number, raw in enumerate(block):
            try:
                delivery = DELIVERY.decode(raw)
            except ValueError:
                continue
            for event in delivery.events:
                found.setdefault((delivery.received_at, bytes(event)), (record.partition, record.offset, number))
    return found
