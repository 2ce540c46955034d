"""A world in two lives: half of it before an installation is grown, lost or moved, the rest afterwards."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

from msgspec.json import encode
from msgspec.structs import replace

from schemas.deals import DealReport
from schemas.ids import Naming
from schemas.rejected import Rejected
from schemas.topics import partition_of
from streams.rules_files import read_rules
from tests.integration.bus import Bus, wait_until
from tests.integration.foresight import foreseen
from tests.integration.ledger import judge
from tests.integration.outcome import Outcome, read_outcome
from tests.integration.post import blocks
from tests.integration.workers import SECRET, Worker
from tests.integration.world import World

__all__ = ["Lives", "both"]

NAMING: Final = Naming(SECRET.encode())
SETTLED_S: Final = 120.0


class Lives:
    """Feeds the halves of a world to whichever bus is told; workers end with the stack."""

    def __init__(self, world: World, place: Path, stack: ExitStack) -> None:
        self.world = world
        self.oracle = foreseen(world, read_rules(None, NAMING))
        self._place = place
        self._stack = stack
        self._random = Random(world.seed)
        self._count = 0

    def worker(self, bus: Bus) -> Worker:
        """One more, ready."""
        self._count += 1
        worker = self._stack.enter_context(Worker(bus, self._place, name=f"worker-{self._count}", redis_url=""))
        worker.await_ready()
        return worker

    def early(self, bus: Bus) -> None:
        """The deals that were known before, what is no block at all, and the first half of the late deals."""
        self._deals(bus, self.world.early_deals)
        self.settle(bus)
        for number, record in enumerate(self.world.broken):
            bus.write("visits", [(number % bus.partitions, record)])
        self._deals(bus, self.world.late_deals[: len(self.world.late_deals) // 2])

    def half(self, bus: Bus, number: int) -> None:
        """The first (0) or the second half (1) of what arrives."""
        middle = len(self.world.arrivals) // 2
        arrivals = self.world.arrivals[:middle] if number == 0 else self.world.arrivals[middle:]
        bus.write("visits", blocks(self._random, arrivals, partitions=bus.partitions))

    def late(self, bus: Bus) -> None:
        """The other half of the late deals."""
        self._deals(bus, self.world.late_deals[len(self.world.late_deals) // 2 :])

    def settle(self, bus: Bus) -> None:
        """Wait until nothing is under way."""
        wait_until(bus.settled, within_s=SETTLED_S, what=f"settled; lag {bus.lag()}")

    def closed(self, bus: Bus, before: Bus) -> None:
        """The last ticks; then the ledger of both lives must be clean."""
        closing = self.world.closing_at
        for name, ticks in (("touches", self.oracle.closing_touches(closing)),
                            ("signals", self.oracle.closing_signals(closing))):  # fmt: skip
            self._told(bus, name, [(tick.to, encode(tick)) for tick in ticks])
        self.settle(bus)
        ledger = judge(both(read_outcome(before), read_outcome(bus)), self.oracle, self.world)
        assert ledger.clean, ledger.said()

    def _deals(self, bus: Bus, reports: Sequence[DealReport]) -> None:
        self._told(bus, "signals", [(report.to, encode(report)) for report in reports])

    def _told(self, bus: Bus, name: str, messages: list[tuple[str, bytes]]) -> None:
        bus.write(name, [(partition_of(key, bus.partitions), b"[" + raw + b"]") for key, raw in messages])


def both(before: Outcome, after: Outcome) -> Outcome:
    """What the second life left behind. All rows, cards and moves of the first are in it; inboxes are not."""
    posts = {key: [*before.posts.get(key, ()), *after.posts.get(key, ())] for key in {*before.posts, *after.posts}}
    return replace(after, posts=posts, rejected=[*before.rejected, *_not_again(before.rejected, after.rejected)])


def _not_again(before: list[Rejected], after: list[Rejected]) -> list[Rejected]:
    """What a restored application folds again, it rejects again."""
    places = {(one.topic, one.partition, one.offset, one.raw) for one in before}
    known = Counter(raw for *_, raw in places)
    fresh = []
    for one in after:
        if known[one.raw]:
            known[one.raw] -= 1
        else:
            fresh.append(one)
    return fresh
