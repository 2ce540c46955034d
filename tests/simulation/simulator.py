"""Runs one seed: a life goes on, workers read, write, crash and come back, and in the end everything drains.

One seed decides all of it. A step is one thing that happens: somebody does something, a worker reads a record, hands
over what it gathered, the broker takes some of it, a commit, a tick, a crash.
"""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any, Final, NamedTuple

from schemas.activity import Version
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.memory import MemoryChannel
from streams.core.rules import Rules
from tests.simulation.disk import Disk, Files
from tests.simulation.life import Life
from tests.simulation.log import INBOXES, Log
from tests.simulation.worker import SimWorker
from tests.unit.core.made import DAY, HOUR, MINUTE, NOW, RULES
from tests.unit.core.publishing import SEVERAL

__all__ = ["Broken", "Published", "Simulation"]

PARTITIONS: Final = (1, 2, 3, 4, 6, 12)
PASSES: Final = (*(MINUTE, HOUR, 9 * HOUR, DAY) * 6, 8 * DAY, 8 * DAY, 31 * DAY, 95 * DAY)
AGAIN: Final = 0.02  # so many batches are sent again, because their first answer was lost
CALM: Final = 0.1  # so many runs know no faults of machines
DISKS: Final = 2
BROKEN_OFF: Final = 0.15  # so many rebalances come before the last one is through
AWAY_IN: Final = (0, 1, 2, -1, -1, -1)  # batches of changelogs until Kafka goes away
MOST_WORKERS: Final = 3
FETCHES: Final = (1, 1, 1, 4)  # records that one fetch brings
STILL: Final = 3  # rounds: a sweep looks twice at what lies behind the rows of ours
DRAINED: Final = 400  # rounds after which what still moves never ends


class Broken(AssertionError):
    """A law does not hold."""


class Published(NamedTuple):
    """Where former rules ended: the offsets committed by then, and how far each row that they saved had read."""

    rules: Rules
    committed: dict[tuple[str, int], int]
    saved: dict[tuple[str, str], Version]


class _Webhook(MemoryChannel):
    """Under the name that the packaged routing knows."""

    name: Final = "webhook"  # type: ignore[misc]


class Simulation:
    """`kind`: the worker; tests hand in one that is deliberately broken. `lives_as`: what happens outside."""

    lives_as: type[Life] = Life

    def __init__(self, seed: int, *, kind: type[SimWorker] = SimWorker, rules: Rules = RULES,
                 partitions: int = 0) -> None:  # fmt: skip
        self.chance = Random(seed)
        self.rules = rules
        self.kind = kind
        self.now = NOW
        self.log = Log(partitions or self.chance.choice(PARTITIONS))
        self.life = self.lives_as(self.chance, self.log, now=lambda: self.now)
        self.workers: list[SimWorker] = []
        self.zombies: list[SimWorker] = []
        self.lives = 0
        self.crashes = 0
        self.published: list[Published] = []
        self.committing: dict[str, Any] = {}
        self.channel = _Webhook(now=lambda: self.now)
        self.disks: list[Files] = [{} for _ in range(DISKS)]
        happens: dict[Callable[[], object], float] = {
            self.life.step: 160, self.read: 400, self.turn: 130, self.land: 150, self.commit: 30, self.tick: 12,
            self.sweep: 12, self.save: 10, self.time_passes: 8, self.channel_fails: 4, self.life.kafka_goes: 3,
            self.crash: 6, self.join: 3, self.publish: 0.6, self.leave: 2, self.freeze: 4, self.zombie_lands: 8,
            self.rebalance: 3,
        }  # fmt: skip
        self.calm = self.chance.random() < CALM
        faults = (self.crash, self.join, self.leave, self.freeze, self.zombie_lands, self.rebalance, self.publish)
        self._happens = [one for one in happens if not (self.calm and one in faults)]
        self._weights = list(accumulate(happens[one] for one in self._happens))
        self.join()

    def run(self, steps: int) -> None:
        """So many steps, then the faults stop and everything drains. Raises Broken."""
        for _ in range(steps):
            self.chance.choices(self._happens, cum_weights=self._weights)[0]()
        self.drain()
        for span in self.life.afterwards:
            self.now += span
            self.drain()

    # ─── a worker at work
    def _someone(self) -> SimWorker:
        return self.chance.choice(self.workers)

    def read(self) -> None:
        worker = self._someone()
        if waiting := worker.reads():
            worker.feed(*self.chance.choice(waiting), most=self.chance.choice(FETCHES))
            self._look(worker)

    def turn(self) -> None:
        worker = self._someone()
        worker.turn(everything=self.chance.random() < 0.5)
        self._look(worker)

    def land(self) -> None:
        worker = self._someone()
        places = worker.flying
        for place in places if self.chance.random() < 0.5 else places[:1]:
            twice = not self.calm and self.chance.random() < AGAIN
            worker.land(place, most=self.chance.choice((1, 1_000)), twice=twice)
        self._look(worker)

    def tick(self) -> None:
        worker = self._someone()
        worker.moves(self.now)
        worker.wake()
        self._look(worker)

    def sweep(self) -> None:
        worker = self._someone()
        worker.sweep()
        self._look(worker)

    def save(self) -> None:
        worker = self._someone()
        worker.save()
        self._look(worker)

    def commit(self) -> None:
        """Begins a commit; other things happen until what it waits for is safe."""
        worker = self._someone()
        if worker.name not in self.committing:
            self.committing[worker.name] = worker.begin_commit()
            self._look(worker)

    def _look(self, worker: SimWorker) -> None:
        """Whether a commit is through, and whether the worker lives."""
        begun = self.committing.get(worker.name)
        if begun is not None and begun[0].done() and not worker.dead:
            del self.committing[worker.name]
            self._committed(worker, begun[1])
        if worker.dead:
            raise Broken(f"{worker.name} died: {worker.dead}")

    def _committed(self, worker: SimWorker, offsets: dict[tuple[str, int], int]) -> None:
        for place, offset in offsets.items():
            if place[1] in worker.owned:  # else the group refuses it
                self.log.committed[place] = offset

    def settle(self, worker: SimWorker, *, commits: bool = True) -> None:
        """A commit from beginning to end, with nothing in between; or all but the commit, which the group refuses."""
        self.committing.pop(worker.name, None)
        waits, offsets = worker.begin_commit()
        while not waits.done():
            self._hurry(worker, everything=self.chance.random() < 0.5)
        if commits:
            self._committed(worker, offsets)

    def _hurry(self, worker: SimWorker, *, everything: bool) -> None:
        worker.turn(everything=everything)
        for place in worker.flying:
            if self.chance.random() < 0.7:
                worker.land(place, most=1_000)
        self._look(worker)

    # ─── the world
    def time_passes(self) -> None:
        self.now += self.chance.choice(PASSES)
        for worker in self.workers:
            worker.moves(self.now)

    def channel_fails(self) -> None:
        for _ in range(self.chance.randrange(1, 10)):
            error = ChannelBusy(retry_after_s=3.0) if self.chance.random() < 0.8 else ChannelRefused(400)
            self.channel.fail_next(error)

    # ─── the group
    def join(self) -> None:
        if len(self.workers) < MOST_WORKERS:
            self.lives += 1
            self.workers.append(self.kind(
                f"w{self.lives}", self.log, rules=self.rules, now=lambda: self.now, channels=[self.channel],
                chance=self.chance.random, disk=self._disk(),
            ))  # fmt: skip
            self.rebalance()

    def _disk(self) -> Disk | None:
        """One that no process has; what sleeps keeps its own. Who finds none works without."""
        taken = [one.disk.files for one in (*self.workers, *self.zombies) if one.disk is not None]
        free = [one for one in self.disks if not any(one is other for other in taken)]
        return Disk(self.chance.choice(free), now=lambda: self.now) if free else None

    def leave(self) -> None:
        """One is asked to go: it commits what it did."""
        if len(self.workers) > 1:
            worker = self._someone()
            self.settle(worker)
            self.workers.remove(worker)
            self.rebalance()

    def crash(self) -> None:
        """SIGKILL: of what was under way, some lands. Another starts in its place, sometimes later."""
        worker = self._gone(self._someone())
        for place in worker.flying:
            worker.lands_unheard(place, most=self.chance.choice((0, 1, 1_000)))
        if self.chance.random() < 0.5:
            self.join()

    def freeze(self) -> None:
        """SIGSTOP, for longer than its session: others take over; what it had under way lands when it likes."""
        worker = self._someone()
        for _ in range(2):
            for place in worker.reads()[: self.chance.randrange(4)]:
                worker.feed(*place)
            if self.chance.random() < 0.5:
                worker.turn(everything=self.chance.random() < 0.5)
        self.zombies.append(self._gone(worker))

    def zombie_lands(self) -> None:
        """A zombie's late records arrive, or it wakes up: then it dies before it sends."""
        if not self.zombies:
            return
        zombie = self.chance.choice(self.zombies)
        for place in zombie.flying:
            zombie.lands_unheard(place, most=self.chance.choice((0, 1, 1_000)))
        if self.chance.random() < 0.3:
            self.zombies.remove(zombie)
            zombie.boot_s += 60.0
            sent = zombie.producer.sent
            zombie.turn(everything=True)
            if zombie.producer.sent > sent:
                raise Broken(f"{zombie.name} slept past its session and sends")

    def _gone(self, worker: SimWorker) -> SimWorker:
        self.crashes += 1
        self.workers.remove(worker)
        self.committing.pop(worker.name, None)
        if not self.workers:
            self.join()
        else:
            self.rebalance()
        return worker

    def rebalance(self) -> None:
        """The group shares the partitions out anew. Before that everybody's records land, and some commit."""
        for worker in self.workers:
            self.committing.pop(worker.name, None)
            self.settle(worker, commits=self.chance.random() < 0.7)
        while self._share_out(broken_off=not self.calm and self.chance.random() < BROKEN_OFF):
            pass

    def _share_out(self, *, broken_off: bool) -> bool:
        """`broken_off`: the group moves on before somebody has all rows. Whether it did."""
        shares: dict[str, set[int]] = {worker.name: set() for worker in self.workers}
        for number in range(self.log.partitions):
            shares[self._someone().name].add(number)
        for worker in self.workers:
            worker.moves(self.now)
            worker.revoke(range(self.log.partitions))
            away_in = -1 if self.calm else self.chance.choice(AWAY_IN[:2] if broken_off else AWAY_IN)
            worker.assign(shares[worker.name], away_in=away_in, given_up=broken_off)
            self._look(worker)
        return broken_off

    # ─── the end
    def drain(self) -> None:
        """No more faults: everything that was said is worked off. Raises Broken where it never ends."""
        self.life.heal()
        self.channel._planned.clear()
        for zombie in self.zombies:
            for place in zombie.flying:
                zombie.lands_unheard(place, most=1_000)
        if self.rules is not RULES:
            self._take_over(RULES)
        if not self.calm and self.chance.random() < 0.5:
            self.restart()
        still = 0
        for _ in range(DRAINED):
            still = 0 if self._round() else still + 1
            if still == STILL:
                return
        raise Broken(f"still not drained: {[(name, self._lag(name)) for name in INBOXES]}")

    def publish(self) -> None:
        """New rules: every worker ends, gently or not, and others come up with them."""
        self._take_over(self.chance.choice((RULES, *SEVERAL)))

    def _take_over(self, rules: Rules) -> None:
        for worker in [*self.workers, *self.zombies]:
            if worker in self.workers and self.chance.random() < 0.5:
                self.settle(worker)
            for place in worker.flying:
                worker.lands_unheard(place, most=self.chance.choice((0, 1, 1_000)))
        self.zombies.clear()
        self.published.append(Published(self.rules, dict(self.log.committed), self.log.end_era()))
        self.rules = rules
        self.restart()

    def restart(self) -> None:
        """Everybody goes, and everything is restored from the changelogs."""
        self.committing.clear()
        self.workers.clear()
        self.join()

    def _round(self) -> bool:
        """Everybody reads, says and ticks once. Whether anything happened."""
        moved = False
        for worker in self.workers:
            worker.moves(self.now)
            worker.waits(60.0)  # a channel that rests is asked again
            while waiting := worker.reads():
                moved = True
                for place in waiting:
                    worker.feed(*place)
            moved |= worker.wake() > 0 or not worker.idle
            self.settle(worker)
            while not worker.idle:
                self._hurry(worker, everything=True)
            moved |= worker.sweep() > 0
        return moved or any(self._lag(name) for name in INBOXES)

    def _lag(self, topic: str) -> int:
        return sum(self.log.lag(topic, number) for number in range(self.log.partitions))
