"""Runs one seed: a life goes on, workers read, write, crash and come back, and in the end everything drains.

One seed decides all of it. A step is one thing that happens: somebody does something, a worker reads a record, hands
over what it gathered, the broker takes some of it, a commit, a tick, a crash.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Final

from streams.core.rules import Rules
from tests.simulation.group import Group
from tests.simulation.log import INBOXES
from tests.simulation.worker import SimWorker
from tests.simulation.world import Broken
from tests.unit.core.publishing import SEVERAL

__all__ = ["Simulation"]

CUTS: Final = 3  # in one of so many runs workers are cut off
STILL: Final = 3  # rounds: a sweep looks twice at what lies behind the rows of ours
DRAINED: Final = 400  # rounds after which what still moves never ends


class Simulation(Group):
    """What happens, how often, and how it ends."""

    def __init__(self, seed: int, *, kind: type[SimWorker] = SimWorker, rules: Rules | None = None,
                 partitions: int = 0) -> None:  # fmt: skip
        super().__init__(seed, kind=kind, rules=rules, partitions=partitions)
        happens: dict[Callable[[], object], float] = {
            self.life.step: 160, self.read: 400, self.turn: 130, self.land: 150, self.commit: 30, self.tick: 12,
            self.sweep: 12, self.save: 10, self.time_passes: 8, self.channel_fails: 4, self.life.kafka_goes: 3,
            self.crash: 6, self.join: 3, self.publish: 0.6, self.leave: 2, self.freeze: 4, self.zombie_lands: 8,
            self.rebalance: 3,
        }  # fmt: skip
        if seed % CUTS == 2:  # the others live as they did before there was this
            happens |= {self.cut: 4, self.comes_back: 8}
        faults = (self.crash, self.join, self.leave, self.freeze, self.zombie_lands, self.rebalance, self.publish,
                  self.cut, self.comes_back)  # fmt: skip
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

    def publish(self) -> None:
        """New rules: every worker ends, gently or not, and others come up with them."""
        self.take_over(self.chance.choice((self.begins_with, *SEVERAL)))

    # ─── the end
    def drain(self) -> None:
        """No more faults: everything that was said is worked off. Raises Broken where it never ends."""
        self.life.heal()
        self.channel._planned.clear()
        for zombie in self.zombies:
            for place in zombie.flying:
                zombie.lands_unheard(place, most=1_000)
        while self.cut_off:
            self.comes_back()
        if self.rules is not self.begins_with:
            self.take_over(self.begins_with)
        if not self.calm and self.chance.random() < 0.5:
            self.restart()
        still = 0
        for _ in range(DRAINED):
            still = 0 if self._round() else still + 1
            if still == STILL:
                return
        raise Broken(f"still not drained: {[(name, self._lag(name)) for name in INBOXES]}")

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
