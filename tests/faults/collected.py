"""What lies in `visits` against what was answered: the other half of the ledger."""

from collections.abc import Iterable

from msgspec import Raw, Struct
from msgspec.json import Decoder

from tests.faults.record import Figure, run_of
from tests.faults.sender import Sender
from tests.faults.spooling_collector import KIND
from tests.integration.bus import Bus
from tests.integration.ledger import Ledger

__all__ = ["Collected", "judged"]


class _Delivery(Struct, frozen=True):
    received_at: int
    events: list[Raw]


class _Event(Struct, frozen=True, rename="camel"):
    message_id: str
    anonymous_id: str


_block = Decoder(list[_Delivery]).decode
_event = Decoder(_Event).decode


class Collected:
    """Every event of `visits`, in the order of each partition. `copies` = how many came more than once."""

    def __init__(self, bus: Bus) -> None:
        self.first: dict[str, tuple[int, bytes]] = {}
        self.copies = 0
        self.changed: set[str] = set()
        for record in bus.read("visits"):
            for delivery in _block(record.value):
                for raw in delivery.events:
                    self._note(_event(raw).message_id, (delivery.received_at, bytes(raw)))

    def _note(self, event_id: str, said: tuple[int, bytes]) -> None:
        if event_id not in self.first:
            self.first[event_id] = said
            return
        self.copies += 1
        if self.first[event_id] != said:
            self.changed.add(event_id)

    def inversions(self) -> int:
        """Events that came for the first time after a later one of their visitor."""
        newest: dict[str, int] = {}
        found = 0
        for event_id in self.first:
            visitor, _, seq = event_id.rpartition("-")
            found += int(seq) < newest.get(visitor, -1)
            newest[visitor] = max(int(seq), newest.get(visitor, -1))
        return found


def judged(
    fault: str, bus: Bus, senders: Iterable[Sender], *, broker: str = KIND, seed: int = 0, **metrics: float
) -> Ledger:
    """Prints the LEDGER line and what else was measured. A copy is the same event again: double = one that differs."""
    everybody = list(senders)
    accepted = set().union(*(one.accepted for one in everybody))
    unclear = set().union(*(one.unclear for one in everybody))
    collected = Collected(bus)
    ledger = Ledger(accepted=len(accepted), seed=seed)
    for event_id in sorted(accepted - collected.first.keys()):
        ledger.note("lost", event_id)
    for event_id in sorted(collected.first.keys() - accepted - unclear):
        ledger.note("phantom", event_id)
    for event_id in sorted(collected.changed):
        ledger.note("double", event_id)
    if inversions := collected.inversions():
        ledger.note("inversions", "a visitor's events are out of order", inversions)
    more = {"unclear": len(unclear), "copies": collected.copies, "p99_ms": max(one.p99_ms() for one in everybody)}
    with run_of(fault, broker=broker, seed=seed) as result:
        result.take(ledger)
        result.figures = [Figure(name=name, value=round(value, 1)) for name, value in (more | metrics).items()]
        result.failed = "; ".join(ledger.findings[:1])
    return ledger
