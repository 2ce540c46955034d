"""Workers at work: each step is one thing that one of them does, or that the broker does for it."""

from typing import Final

from tests.simulation.worker import SimWorker
from tests.simulation.world import Broken, World

__all__ = ["Shift"]

AGAIN: Final = 0.02  # so many batches are sent again, because their first answer was lost
FETCHES: Final = (1, 1, 1, 4)  # records that one fetch brings


class Shift(World):
    """What those do that are awake."""

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
