"""A world that comes in by the front door: senders, collectors, and what happens meanwhile."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from kafka import TopicPartition
from kafka.errors import KafkaError

from tests.faults.collectors import Collector
from tests.faults.record import Figure
from tests.faults.senders import Senders
from tests.faults.witness import attest
from tests.integration.siege import Siege

__all__ = ["Front", "opened"]

FED_S = 900.0


class Front:
    """The world of a siege on its way through collectors."""

    def __init__(self, siege: Siege, senders: Senders, collectors: Sequence[Collector]) -> None:
        self.siege = siege
        self.collectors = collectors
        self.senders = senders
        self._deals = list(siege.world.late_deals)

    def reach(self, share: float) -> None:
        """Until so much of the world is accepted, 0 to 1."""
        self.wait(lambda: self.senders.share >= share or self.senders.done, f"{share:.0%} of the world")

    def wait(self, seen: Callable[[], object], what: str, *, within_s: float = FED_S) -> float:
        """For anything, while workers are tended. Returns the seconds."""
        return self.siege.until(seen, within_s=within_s, what=f"{what}, {self.senders.answers}, {self.siege.story}")

    def rest(self, seconds: float) -> None:
        """Time passes: how long a fault lasts."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= end, "a fault that lasts")

    def recovered(self, since: float) -> float:
        """Wait until somebody is answered 200 and every partition is committed further.

        Returns the seconds since then (monotonic).
        """
        accepted, before = self.senders.answers[200], self._committed()

        def goes_on() -> bool:
            if self.senders.done or (self.senders.answers[200] > accepted and self._all_beyond(before)):
                return True
            self.siege.look_anew()
            return False

        self.wait(goes_on, "it goes on", within_s=240)
        return time.monotonic() - since

    def _all_beyond(self, before: Mapping[TopicPartition, int]) -> bool:
        now = self._committed()
        return bool(now) and all(offset > before.get(top, 0) for top, offset in now.items())

    def _committed(self) -> Mapping[TopicPartition, int]:
        try:
            return self.siege.bus.committed(["visits"])
        except KafkaError:
            return {}

    def finish(self, *, least_percent: float | None = None) -> None:
        """The rest of the world, then the late deals, and the figures of the senders."""
        self.wait(lambda: self.senders.done, "the whole world")
        drained = self.wait(lambda: all(one.drained() for one in self.collectors), "Kafka has all that was spooled")
        for report in self._deals:
            self.siege.write_deal(report)
        most = None if least_percent is None else round(100 - least_percent, 3)
        self.siege.figures += [
            Figure(name="not answered 200", value=round(self.senders.refused_percent, 2), unit="%", most=most),
            Figure(name="p99 of an answer", value=round(self.senders.p99_s(), 2), unit="s"),
            Figure(name="longest pause", value=round(self.senders.longest_pause_s(), 1), unit="s"),
            Figure(name="spool drained after", value=round(drained, 1), unit="s"),
        ]


@contextmanager
def opened(siege: Siege, collectors: Sequence[Collector], *, seconds: float, port: int = 0) -> Iterator[Front]:
    """Senders at work for about that long. `port`: of what stands before several collectors; none keeps the order."""
    for number, record in enumerate(siege.world.broken):
        siege.bus.write("visits", [(number % siege.bus.partitions, record)])
    siege.resent = True
    doors = [port] if port else [one.port for one in collectors]
    with ExitStack() as stack:
        senders = stack.enter_context(Senders(siege.world.arrivals, doors, seconds=seconds))
        yield Front(siege, senders, collectors)
        siege.witnesses.append(partial(attest, senders=senders, bus=siege.bus, ordered=len(collectors) == 1))
