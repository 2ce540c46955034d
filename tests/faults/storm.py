"""Lets a plan of chance happen: to workers, brokers, the network, the collector and Redis."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from tests.faults.chance import Act
from tests.faults.cluster import PATIENCE_S, Cluster
from tests.faults.collectors import Collector
from tests.faults.front import Front
from tests.faults.proxy import PASS, Mode
from tests.integration.workers import Worker

__all__ = ["Storm"]


class Storm:
    """One broker is down at a time, so that the others may go on; whatever else meets, meets."""

    def __init__(self, front: Front, *, brokers: Cluster, collector: Collector,
                 redis: "subprocess.Popen[bytes]") -> None:  # fmt: skip
        self.happened: Counter[str] = Counter()
        self._front = front
        self._brokers = brokers
        self._collector = collector
        self._redis = redis
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._broken_broker = 0
        self._random = Random(front.siege.world.seed)

    def rage(self, acts: Sequence[Act]) -> None:
        """All of it, each at its time, and undo what lasts."""
        begin = time.monotonic()
        for act in acts:
            self._at(begin + act.at_s, partial(self._happen, act))
        while self._due:
            due, _, work = heappop(self._due)
            self._front.wait(lambda until=due: time.monotonic() >= until, "the next fault")
            work()
        self._brokers.kafka.await_ready(deadline_s=PATIENCE_S)

    def _at(self, due: float, work: Callable[[], None]) -> None:
        heappush(self._due, (due, next(self._number), work))

    def _happen(self, act: Act) -> None:
        undo = getattr(self, f"_{act.what}")(act)
        if undo is None:
            return
        self.happened[act.what] += 1
        self._front.siege.story.append(str(act))
        if act.for_s:
            self._at(time.monotonic() + act.for_s, undo)
        else:
            undo()

    def _worker(self, act: Act) -> Worker:
        workers = self._front.siege.workers
        return workers[act.target % len(workers)]

    def _kill_worker(self, act: Act) -> Callable[[], None]:
        self._worker(act).kill()
        return self._front.siege.tend  # which starts another

    def _end_worker(self, act: Act) -> Callable[[], None]:
        self._worker(act).end()
        return self._front.siege.tend

    def _freeze_worker(self, act: Act) -> Callable[[], None]:
        worker = self._worker(act)
        worker.freeze()
        return worker.thaw

    def _kill_broker(self, act: Act) -> Callable[[], None] | None:
        return self._broker(act, self._brokers.kafka.kill, self._brokers.kafka.start)

    def _freeze_broker(self, act: Act) -> Callable[[], None] | None:
        return self._broker(act, self._brokers.kafka.pause, self._brokers.kafka.resume)

    def _broker(
        self, act: Act, broken: Callable[[int], None], mended: Callable[[int], None]
    ) -> Callable[[], None] | None:
        if self._broken_broker:
            return None
        number = self._broken_broker = self._brokers.numbers[act.target % len(self._brokers.numbers)]
        broken(number)

        def mend() -> None:
            mended(number)
            self._broken_broker = 0

        return mend

    def _line(self, act: Act, mode: Mode) -> Callable[[], None]:
        proxy = self._brokers.proxies[act.target % len(self._brokers.proxies)]
        proxy.turn(mode)
        return partial(proxy.turn, PASS)

    def _blackhole(self, act: Act) -> Callable[[], None]:
        return self._line(act, Mode(kind="blackhole"))

    def _reset(self, act: Act) -> Callable[[], None]:
        return self._line(act, Mode(kind="reset"))

    def _half_close(self, act: Act) -> Callable[[], None]:
        return self._line(act, Mode(kind="half_close"))

    def _delay(self, act: Act) -> Callable[[], None]:
        return self._line(act, Mode(delay_s=self._random.uniform(0.1, 1.0)))

    def _throttle(self, act: Act) -> Callable[[], None]:
        return self._line(act, Mode(bytes_per_s=64_000))

    def _kill_collector(self, _: Act) -> Callable[[], None]:
        self._collector.kill()
        return self._collector.start

    def _end_collector(self, _: Act) -> Callable[[], None]:
        if self._collector.answers():
            self._collector.leave()
        else:  # on a busy machine it may still be starting: it has promised nothing yet, and hears no SIGTERM itself
            self._collector.end()
            self._collector.child.wait(PATIENCE_S)
        return self._collector.start

    def _freeze_redis(self, _: Act) -> Callable[[], None]:
        self._redis.send_signal(signal.SIGSTOP)
        return partial(self._redis.send_signal, signal.SIGCONT)
