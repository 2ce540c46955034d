"""The group: who joins, leaves, dies and sleeps, who owns which partition, and with which rules."""

from typing import Final

from streams.core.rules import Rules
from tests.simulation.disk import Disk
from tests.simulation.shift import Shift
from tests.simulation.worker import SimWorker
from tests.simulation.world import Broken, Published

__all__ = ["Group"]

BROKEN_OFF: Final = 0.15  # so many rebalances come before the last one is through
AWAY_IN: Final = (0, 1, 2, -1, -1, -1)  # batches of changelogs until Kafka goes away
MOST_WORKERS: Final = 3


class Group(Shift):
    """Its members come and go."""

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
        others = (*self.workers, *self.zombies, *self.cut_off)
        taken = [one.disk.files for one in others if one.disk is not None]
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

    def cut(self) -> None:
        """One is cut off while nothing of it is on its way: nothing ends it, and the group goes on without it."""
        if len(self.workers) > 1:
            worker = self._someone()
            self.settle(worker)
            self.workers.remove(worker)
            self.cut_off.append(worker)
            self.rebalance()

    def comes_back(self) -> None:
        """One of those is a member again. What it owned before may be its own again, and was another's meanwhile."""
        if self.cut_off:
            worker = self.cut_off.pop(self.chance.randrange(len(self.cut_off)))
            worker.moves(self.now)
            self.workers.append(worker)
            self.rebalance()

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
        self.generation += 1
        shares: dict[str, set[int]] = {worker.name: set() for worker in self.workers}
        for number in range(self.log.partitions):
            shares[self._someone().name].add(number)
        for worker in self.workers:
            worker.moves(self.now)
            worker.revoke(range(self.log.partitions))
            away_in = -1 if self.calm else self.chance.choice(AWAY_IN[:2] if broken_off else AWAY_IN)
            worker.assign(shares[worker.name], generation=self.generation, away_in=away_in, given_up=broken_off)
            self._look(worker)
        return broken_off

    def restart(self) -> None:
        """Everybody goes, and everything is restored from the changelogs."""
        self.committing.clear()
        self.workers.clear()
        self.cut_off.clear()
        self.join()

    def take_over(self, rules: Rules) -> None:
        """Everybody ends, gently or not, and others come up with these rules."""
        for worker in [*self.workers, *self.zombies]:
            if worker in self.workers and self.chance.random() < 0.5:
                self.settle(worker)
            for place in worker.flying:
                worker.lands_unheard(place, most=self.chance.choice((0, 1, 1_000)))
        self.zombies.clear()
        self.published.append(Published(self.rules, dict(self.log.committed), self.log.end_era()))
        self.rules = rules
        self.restart()
