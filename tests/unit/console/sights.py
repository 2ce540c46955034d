"""What the console sees of Kafka, without any: packaged rules, four partitions, a tail that a test fills."""

import threading
from collections.abc import Sequence

from schemas.ids import Naming
from schemas.topics import topic
from streams.console.sight import Sight
from streams.replay.remaking import Remaker
from streams.replay.verdicts import judged
from streams.rules_files import read_rules
from streams.window import Seen, WindowShut

__all__ = ["RULES", "StandInTail", "sight"]

NAMING = Naming(b"a secret of sixteen or more")
RULES = read_rules(None, NAMING)


class StandInTail:
    """Kafka's ends. `away` makes it refuse; `opened` counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: list[Seen] = []
        self.away = False
        self.lag = 0
        self.opened = 0
        self.closed = 0

    def bring(self, *records: Seen) -> None:
        with self._lock:
            self._coming.extend(records)

    def open(self) -> None:
        self._refuse()
        self.opened += 1

    def skip(self) -> int:
        lag, self.lag = self.lag, 0
        return lag

    def behind(self) -> int:
        return self.lag

    def poll(self, wait_ms: int) -> Sequence[Seen]:
        self._refuse()
        with self._lock:
            coming, self._coming = self._coming, []
        return coming

    def close(self) -> None:
        self.closed += 1

    def _refuse(self) -> None:
        if self.away:
            raise WindowShut("Kafka at nowhere:1: away by the test")


def sight(tail: StandInTail | None = None, *, collector_url: str = "") -> Sight:
    remaker = Remaker(partitions=4, naming=NAMING, full=lambda name: topic(name).full(), look=lambda *_: None,
                      judge=lambda put: judged(put, RULES))  # fmt: skip
    return Sight(remaker=remaker, tail=tail or StandInTail(), collector_url=collector_url)
