"""Feeds a world into Kafka while workers are killed at random points, frozen, join and leave."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from random import Random

from kafka.errors import KafkaError
from msgspec.json import encode

from schemas.deals import DealReport
from schemas.topics import partition_of
from streams.engine.guards.exits import STOPPED
from tests.faults.record import Figure
from tests.integration.bus import Bus, Timeout, wait_until
from tests.integration.ledger import Ledger
from tests.integration.post import blocks
from tests.integration.workers import Worker
from tests.integration.world import World

__all__ = ["Siege"]

AHEAD = 400  # blocks that may wait uncommitted: the feed never runs away from the workers
SETTLED_S = 300.0
LOOK_S = 15.0


class Siege:
    """One run. Workers live in the exit stack, so none outlives the test."""

    def __init__(self, bus: Bus, world: World, *, start: Callable[[str, str], Worker], stack: ExitStack) -> None:
        self.bus = bus
        self.world = world
        self.random = Random(world.seed + 1)
        self.story: list[str] = []
        self.uncommitted: list[int] = []  # blocks in hand at each kill
        self._start = start
        self._stack = stack
        self._lives = 0
        self.workers: list[Worker] = []
        self._made: list[tuple[int, bytes]] = []
        self._deals: deque[tuple[int, DealReport]] = deque()
        self._fed = 0
        self._chunk = 0  # blocks written before we look again
        self._frozen: Worker | None = None
        self._looked_at = time.monotonic()
        self.supervised = False  # a worker that ends by itself is started again, as a supervisor does
        self.resent = False  # requests without an answer come again: what they brought lies in several places
        self.figures: list[Figure] = []  # beside the ledger
        self.witnesses: list[Callable[[Ledger], None]] = []  # add to the ledger what they saw

    def join(self, at: str = "") -> Worker:
        """One more worker; not yet ready. `at`: its way to the broker, "" = the bus's."""
        self._lives += 1
        worker = self._stack.enter_context(self._start(f"worker-{self._lives}", at))
        self.workers.append(worker)
        return worker

    def leave(self) -> float:
        """One of them is asked to go, and goes by itself. Returns the seconds that it took."""
        worker = self._anyone()
        took = worker.leave()
        self.workers.remove(worker)
        self.story.append(f"{worker.name} left in {took:.1f} s")
        return took

    def kill(self) -> None:
        """SIGKILL to one of them, then another takes its place."""
        victim = self._anyone()
        victim.kill()
        self.workers.remove(victim)
        self.story.append(f"{victim.name} killed, {self.uncommitted[-1]} blocks uncommitted")
        self.join()

    def restart(self) -> None:
        """One leaves and another takes its place."""
        self.leave()
        self.join()

    def freeze(self) -> None:
        """SIGSTOP to one of them: it keeps its rows, its connections and what it was about to send. Another joins."""
        self._frozen = self._anyone()
        self._frozen.freeze()
        self.workers.remove(self._frozen)
        self.story.append(f"{self._frozen.name} frozen, {self.uncommitted[-1]} blocks uncommitted")
        self.join().await_ready()

    def thaw(self) -> None:
        """SIGCONT, long after its session: it must end by itself, whatever it was about to send."""
        zombie = self._frozen
        assert zombie is not None
        zombie.thaw()
        wait_until(lambda: zombie.code is not None, within_s=60, what=f"{zombie.name} to end\n{zombie.tail()}")
        self.story.append(f"{zombie.name} woke up and ended with {zombie.code}")

    def tend(self) -> None:
        """Look after the workers: none may have ended by itself, or another takes its place (`supervised`)."""
        for worker in list(self.workers):
            if self.supervised and worker.code not in {None, STOPPED}:
                self.story.append(f"{worker.name} ended by itself with {worker.code}")
                self.workers.remove(worker)
                self.join(worker.bootstrap)
        self._alive()

    def until(self, seen: Callable[[], object], *, within_s: float, what: str) -> float:
        """Wait for something while tending the workers; how many seconds it took."""
        begin = time.monotonic()

        def looked() -> object:
            self.tend()
            return seen()

        wait_until(looked, within_s=within_s, what=what)
        return time.monotonic() - begin

    def _anyone(self) -> Worker:
        return self.random.choice(self.workers)

    def early(self) -> None:
        """The deals that the CRM knew first."""
        self._write_by_key("signals", [(report.to, encode(report)) for report in self.world.early_deals])
        self.settle("early deals")

    def feed(self, acts: Sequence[Callable[[], None]]) -> None:
        """All visits, the late deals among them; each act falls at a random point, in this order, on busy workers."""
        self._made = blocks(self.random, self.world.arrivals, partitions=self.bus.partitions)
        for record in self.world.broken:
            at = self.random.randrange(len(self._made))
            self._made.insert(at, (self.random.randrange(self.bus.partitions), record))
        self._chunk = max(10, len(self._made) // max(30, 3 * len(acts)))  # an act may need several to find work
        points = sorted(self.random.sample(range(len(self._made) // 20, len(self._made) * 9 // 10), len(acts)))
        places = sorted(self.random.sample(range(len(self._made)), len(self.world.late_deals)))
        self._deals = deque(zip(places, self.world.late_deals, strict=True))
        for point, act in zip(points, acts, strict=True):
            while self._fed < point:
                self._write(min(self._chunk, point - self._fed))
                wait_until(
                    lambda: self._alive() and self.bus.lag(["visits"]) < AHEAD, within_s=90, what="the feed goes on"
                )
            self.until_under_way()
            act()
        while self._fed < len(self._made):
            self._write(self._chunk)

    def close(self, touches: list[tuple[str, bytes]], signals: list[tuple[str, bytes]]) -> None:
        """The last ticks."""
        self._write_by_key("touches", touches)
        self._write_by_key("signals", signals)
        self.settle("closing ticks")

    def settle(self, what: str) -> None:
        """Wait until nothing is under way."""
        try:
            self.until(self._settled, within_s=SETTLED_S, what=f"{what} settled")
        except Timeout as error:
            raise Timeout(f"{error}; {self.state()}") from None

    def _settled(self) -> bool:
        """Asks with new connections where the old ones tell nothing new."""
        try:
            if self.bus.settled():
                return True
            if self.supervised:
                self.look_anew()
        except KafkaError:  # not before brokers answer again
            self.look_anew(after_s=0)
        return False

    def look_anew(self, *, after_s: float = LOOK_S) -> None:
        """With new connections, where it did not so for a while: old ones may wait for a broker that fell."""
        if time.monotonic() - self._looked_at >= after_s:
            with suppress(KafkaError):
                self.bus.look_again()
            self._looked_at = time.monotonic()

    def state(self) -> str:
        """What a failure wants to know."""
        tails = "\n".join(f"--- {worker.name}\n{worker.tail(12)}" for worker in self.workers)
        try:
            lag = str(self.bus.lag())
        except KafkaError as error:
            lag = repr(error)
        return f"{self.story}, lag {lag}\n{tails}"

    def _write(self, count: int) -> None:
        """The next blocks, and the late deals that fall among them."""
        end = min(self._fed + count, len(self._made))
        self.bus.write("visits", self._made[self._fed : end])
        self._fed = end
        while self._deals and self._deals[0][0] < end:
            self.write_deal(self._deals.popleft()[1])

    def all_ready(self) -> None:
        """Wait until each holds its partitions and rows."""
        for worker in self.workers:
            worker.await_ready()

    def write_deal(self, report: DealReport) -> None:
        """A report of the CRM. Raises KafkaError."""
        self._write_by_key("signals", [(report.to, encode(report))])

    def until_under_way(self) -> None:
        """Until a random number of effects were said and their blocks are uncommitted.

        So the kill falls anywhere between fold, row, effect and commit, and never on an idle worker.
        """
        self.all_ready()
        while True:
            said = sum(self.bus.ends(["touches"]).values())
            enough = said + self.random.randint(1, max(2, self._chunk // 3))
            self._write(self._chunk)
            while lag := self.bus.lag(["visits"]):
                if sum(self.bus.ends(["touches"]).values()) >= enough:
                    self.uncommitted.append(lag)
                    return
                self._alive()
            assert self._fed < len(self._made), "the world ended before the kill"

    def _not_far_behind(self) -> bool:
        return self._alive() and self.bus.lag(["visits"]) < AHEAD

    def _alive(self) -> bool:
        for worker in self.workers:
            code = worker.code
            looked_after = self.supervised and code != STOPPED  # whoever ended just now is found at the next look
            assert code is None or looked_after, f"{worker.name} ended by itself with {code}:\n{worker.tail()}"
        return True

    def _write_by_key(self, name: str, messages: list[tuple[str, bytes]]) -> None:
        self.bus.write(name, [(partition_of(key, self.bus.partitions), b"[" + raw + b"]") for key, raw in messages])
