"""Feeds a world into Kafka while workers are killed at random points, join and leave."""

from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

from msgspec.json import encode

from schemas.deals import DealReport
from schemas.topics import partition_of
from tests.integration.bus import Bus, wait_until
from tests.integration.post import blocks
from tests.integration.workers import Worker
from tests.integration.world import World

__all__ = ["Siege"]

KILLS = 5
CHUNK = 60  # blocks written before we look again
AHEAD = 400  # blocks that may wait uncommitted: the feed never runs away from the workers
SETTLED_S = 180.0


class Siege:
    """One run. Workers live in the exit stack, so none outlives the test."""

    def __init__(
        self, bus: Bus, world: World, place: Path, *, start: Callable[[str], Worker], stack: ExitStack
    ) -> None:
        self.bus = bus
        self.world = world
        self.place = place
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

    def join(self) -> Worker:
        """One more worker; not yet ready."""
        self._lives += 1
        worker = self._stack.enter_context(self._start(f"worker-{self._lives}"))
        self.workers.append(worker)
        return worker

    def leave(self, worker: Worker) -> None:
        """One worker is asked to go and goes by itself."""
        took = worker.leave()
        assert worker.code == 0, f"{worker.name} left with {worker.code}:\n{worker.tail()}"
        self.workers.remove(worker)
        self.story.append(f"{worker.name} left in {took:.1f} s")

    def kill(self) -> None:
        """SIGKILL to one of them, then another takes its place."""
        victim = self.random.choice(self.workers)
        victim.kill()
        self.workers.remove(victim)
        self.story.append(f"{victim.name} killed, {self.uncommitted[-1]} blocks uncommitted")
        self.join()

    def early(self) -> None:
        """The deals that the CRM knew first."""
        self._write_by_key("signals", [(report.to, encode(report)) for report in self.world.early_deals])
        self.settle("early deals")

    def feed(self) -> None:
        """All visits; five kills on the way, a second worker from the second to the fourth, late deals in between."""
        self._made = blocks(self.random, self.world.arrivals, partitions=self.bus.partitions)
        points = sorted(self.random.sample(range(len(self._made) // 20, len(self._made) * 9 // 10), KILLS))
        places = sorted(self.random.sample(range(len(self._made)), len(self.world.late_deals)))
        self._deals = deque(zip(places, self.world.late_deals, strict=True))
        for number, point in enumerate(points, start=1):
            while self._fed < point:
                self._write(min(CHUNK, point - self._fed))
                wait_until(
                    lambda: self._alive() and self.bus.lag(["visits"]) < AHEAD, within_s=90, what="the feed goes on"
                )
            self._until_under_way()
            self.kill()
            if number == 2:
                self.join()
            if number == 4:
                self._all_ready()
                self.leave(self.random.choice(self.workers))
        while self._fed < len(self._made):
            self._write(CHUNK)

    def close(self, touches: list[tuple[str, bytes]], signals: list[tuple[str, bytes]]) -> None:
        """The last ticks."""
        self._write_by_key("touches", touches)
        self._write_by_key("signals", signals)
        self.settle("closing ticks")

    def settle(self, what: str) -> None:
        """Wait until nothing is under way."""
        wait_until(
            lambda: self._alive() and self.bus.settled(), within_s=SETTLED_S, what=f"{what} settled; {self.state()}"
        )

    def state(self) -> str:
        """What a failure wants to know."""
        tails = "\n".join(f"--- {worker.name}\n{worker.tail(12)}" for worker in self.workers)
        return f"{self.story}, lag {self.bus.lag()}\n{tails}"

    def _write(self, count: int) -> None:
        """The next blocks, and the late deals that fall among them."""
        end = min(self._fed + count, len(self._made))
        self.bus.write("visits", self._made[self._fed : end])
        self._fed = end
        while self._deals and self._deals[0][0] < end:
            report = self._deals.popleft()[1]
            self._write_by_key("signals", [(report.to, encode(report))])

    def _all_ready(self) -> None:
        for worker in self.workers:
            worker.await_ready()

    def _until_under_way(self) -> None:
        """Until a random number of effects were said and their blocks are uncommitted.

        So the kill falls anywhere between fold, row, effect and commit, and never on an idle worker.
        """
        self._all_ready()
        while True:
            said = sum(self.bus.ends(["touches"]).values())
            enough = said + self.random.randint(1, 25)
            self._write(CHUNK)
            while lag := self.bus.lag(["visits"]):
                if sum(self.bus.ends(["touches"]).values()) >= enough:
                    self.uncommitted.append(lag)
                    return
                self._alive()
            assert self._fed < len(self._made), "the world ended before the kill"

    def _alive(self) -> bool:
        for worker in self.workers:
            assert worker.code is None, f"{worker.name} ended by itself with {worker.code}:\n{worker.tail()}"
        return True

    def _write_by_key(self, name: str, messages: list[tuple[str, bytes]]) -> None:
        self.bus.write(name, [(partition_of(key, self.bus.partitions), b"[" + raw + b"]") for key, raw in messages])
