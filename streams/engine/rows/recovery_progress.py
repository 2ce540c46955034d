"""How far restoring is: said in the log every few seconds, by /readyz, and by gauges."""

import time
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka import TopicPartition

from streams.metrics import Metrics

__all__ = ["RecoveryProgress"]

SAY_S: Final = 2.0

_log = structlog.get_logger("streams.engine")


class RecoveryProgress:
    """Of all partitions that are being restored. `clock` in seconds."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._behind: dict[TopicPartition, int] = {}
        self._began_s = 0.0
        self._said_s = 0.0
        self.running = False
        self.taken = 0

    def begin(self) -> None:
        """Restoring begins."""
        self._behind.clear()
        self._began_s = self._said_s = self._clock()
        self.running = True
        self.taken = 0
        self._export()

    def expect(self, tp: TopicPartition, records: int) -> None:
        """So many are still to come from this partition."""
        self._behind[tp] = records

    def took(self, tp: TopicPartition, records: int) -> None:
        """So many came from it."""
        self.taken += records
        self._behind[tp] = max(0, self._behind.get(tp, 0) - records)

    def end(self) -> None:
        """All is here, or it was interrupted."""
        self.running = False
        took_s = self._clock() - self._began_s
        whole = not self.remaining
        self._export()
        self._metrics.gauge("recovery_seconds", took_s)
        _log.info("restoring_ended", whole=whole, records=self.taken, took_s=round(took_s, 1))

    @property
    def remaining(self) -> int:
        """Records that are still to be read."""
        return sum(self._behind.values())

    @property
    def per_s(self) -> float:
        """Records a second since it began."""
        return self.taken / max(0.001, self._clock() - self._began_s)

    @property
    def percent(self) -> int:
        """Of the records of all changelogs; 100 only when none is left."""
        return 100 if not self.remaining else min(99, 100 * self.taken // (self.taken + self.remaining))

    @property
    def left_s(self) -> float:
        """Seconds until the end at this pace."""
        return self.remaining / self.per_s if self.taken else 0.0

    def said(self) -> str:
        """For people, in one line."""
        records = self.taken + self.remaining
        return f"{self.percent} % of {records} records, {self.per_s:.0f}/s, {self.left_s:.0f} s left"

    def say(self) -> None:
        """A line of the log now and then."""
        if self._clock() - self._said_s < SAY_S:
            return
        self._said_s = self._clock()
        self._export()
        _log.info("restoring", percent=self.percent, records=self.taken, remaining=self.remaining,
                  per_s=round(self.per_s), left_s=round(self.left_s, 1))  # fmt: skip

    def _export(self) -> None:
        self._metrics.gauge("recovery_remaining_records", self.remaining)
        self._metrics.gauge("recovery_ratio", self.percent / 100)
        self._metrics.gauge("recovery_records_per_second", self.per_s if self.running else 0)
