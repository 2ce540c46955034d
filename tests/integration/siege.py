"""Feeds a world into Kafka while workers are killed at random points, join and leave."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

from msgspec.json import encode

from schemas.topics import partition_of
from tests.integration.bus import Bus, wait_until
from tests.integration.post import blocks
from tests.integration.workers import Worker
from tests.integration.world import World

__all__ = ["Siege"]

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
        self.kills: list[str] = []
        self._start = start
        self._stack = stack
        self._lives = 0
        self.workers: list[Worker] = []

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
        self.kills.append(f"{worker.name} left in {took:.1f} s")

    def kill(self) -> None:
        """SIGKILL to one of them while it has something uncommitted in hand, then another takes its place."""
        victim = self.random.choice(self.workers)
        victim.kill()
        self.workers.remove(victim)
        self.kills.append(f"{victim.name} killed, {self.bus.lag(['visits'])} blocks uncommitted")
        self.join()

    def early(self) -> None:
        """The deals that the CRM knew first."""
        self._signals([(report.to, encode(report)) for report in self.world.early_deals])
        self.settle("early deals")

    def feed(self) -> None:
        """All visits; five kills on the way, a second worker from the second to the fourth, late deals in between."""
        made = blocks(self.random, self.world.arrivals, partitions=self.bus.partitions)
        points = sorted(self.random.sample(range(len(made) // 20, len(made) * 9 // 10), 5))
        deals = iter(sorted(self.random.sample(range(len(made)), len(self.world.late_deals))))
        late = list(zip(deals, self.world.late_deals, strict=True))
        guest: Worker | None = None
        begin = 0
        for number, point in enumerate([*points, len(made)], start=1):
            for end in self._steps(begin, point):
                self.bus.write("visits", made[begin:end])
                self._signals([(report.to, encode(report)) for at, report in late if begin <= at < end])
                begin = end
                wait_until(
                    lambda: self._alive() and self.bus.lag(["visits"]) < AHEAD, within_s=90, what="the feed goes on"
                )
            if number <= len(points):
                self._until_under_way()
                self.kill()
            if number == 2:
                guest = self.join()
                guest.await_ready()
            if number == 4 and guest is not None:
                leaving = guest if guest in self.workers else self.workers[-1]
                leaving.await_ready()
                self.leave(leaving)

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
        return f"{self.kills}, lag {self.bus.lag()}\n{tails}"

    def _steps(self, begin: int, end: int) -> Iterator[int]:
        yield from range(min(begin + CHUNK, end), end, CHUNK)
        yield end

    def _until_under_way(self) -> None:
        """Until a random number of effects were said: the kill falls anywhere between fold, row, effect and commit."""
        for worker in self.workers:
            worker.await_ready()
        said = sum(self.bus.ends(["touches"]).values())
        enough = said + self.random.randint(1, 25)
        give_up = time.monotonic() + 3
        while (
            sum(self.bus.ends(["touches"]).values()) < enough
            and time.monotonic() < give_up
            and self.bus.lag(["visits"])
        ):
            pass

    def _alive(self) -> bool:
        for worker in self.workers:
            assert worker.code is None, f"{worker.name} ended by itself with {worker.code}:\n{worker.tail()}"
        return True

    def _signals(self, messages: list[tuple[str, bytes]]) -> None:
        self._write_by_key("signals", messages)

    def _write_by_key(self, name: str, messages: list[tuple[str, bytes]]) -> None:
        self.bus.write(name, [(partition_of(key, self.bus.partitions), b"[" + raw + b"]") for key, raw in messages])
