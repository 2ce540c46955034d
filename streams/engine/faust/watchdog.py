"""Ends a worker that stands still: lag without a commit, restoring or rebalancing without progress, a loop that hangs.

Faust's own checks only log, and one of them compares two different clocks. Looks every few seconds from the event loop;
the health thread asks `stuck_s` as well, so that a loop that hangs is seen too.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from faust.types import TP

from streams.engine.faust.faust_fixes import EngineApp
from streams.engine.guards.exits import Die, die
from streams.metrics import Metrics

__all__ = ["LOOK_S", "Watchdog"]

LOOK_S: Final = 5.0
ANSWER_S: Final = 10.0
TURNS: Final = 10  # a partition may wait that often while others are worked off


class Stall:
    """How long one thing has not moved, in seconds of `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def look(self, state: object, *, waits: bool) -> float:
        """Seconds since `state` changed while something waited; 0 where nothing waits."""
        if not waits or state != self._seen:
            self._seen = state
            self._since = self._clock()
        return self._clock() - self._since


class Watchdog:
    """`patient(topic)`: topics whose reader may stand still without harm (cards, while Redis is away)."""

    def __init__(self, app: EngineApp, *, stall_s: float, patient: Callable[[str], bool], metrics: Metrics,
                 clock: Callable[[], float], die: Die = die) -> None:  # fmt: skip
        self._app = app
        self._stall_s = stall_s
        self._patient = patient
        self._metrics = metrics
        self._clock = clock
        self._die = die
        self._inboxes: dict[TP, Stall] = {}
        self._positions: dict[TP, Stall] = {}
        self._restoring = Stall(clock)
        self._moving = Stall(clock)

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(min(LOOK_S, self._stall_s / 4))
            await self._look()

    async def _look(self) -> None:
        app = self._app
        recovery = app.tables.recovery
        remaining = max(0, recovery.active_remaining_total()) if app.in_recovery else 0
        self._metrics.gauge("recovery_remaining_records", remaining)
        self._check("restoring stands still", self._restoring.look(remaining, waits=app.in_recovery))
        moving = app.rebalancing and not app.in_recovery
        self._check("a rebalance does not end", self._moving.look(app.rebalancing_count, waits=moving))
        if app.rebalancing or app.in_recovery or app._consumer is None:
            return
        self.judge(await self._ends(), app.progress.positions())

    async def _ends(self) -> Mapping[TP, int]:
        tps = list(self._app.progress.positions())
        if not tps:
            return {}
        try:
            async with asyncio.timeout(ANSWER_S):
                said = await self._app.consumer.highwaters(*tps)
            return {tp: max(said.get(tp) or 0, self._app.consumer.highwater(tp) or 0) for tp in tps}
        except Exception:  # noqa: BLE001  Kafka is away: sends fail by themselves after their own deadline
            return {}

    def judge(self, ends: Mapping[TP, int], positions: Mapping[TP, int]) -> None:
        """Ends the process where a partition's position has not moved for `stall_s` although records wait.

        While other partitions of its topic move, a worker that catches up may take ten times as long to come to it.
        """
        self._inboxes = {tp: self._inboxes.get(tp) or Stall(self._clock) for tp in positions}
        self._positions = {tp: self._positions.get(tp) or Stall(self._clock) for tp in positions}
        moving = {tp.topic for tp, position in positions.items() if self._moved(tp, position)}
        self._metrics.forget("lag_records")
        oldest_s = 0.0
        for tp, position in positions.items():
            lag = max(0, (ends.get(tp) or 0) - position)
            self._metrics.gauge("lag_records", lag, tp.topic, str(tp.partition))
            still_s = self._inboxes[tp].look(position, waits=lag > 0)
            oldest_s = max(oldest_s, still_s)
            self._metrics.gauge("commit_age_seconds", oldest_s)
            if not self._patient(tp.topic):
                facts = {"topic": tp.topic, "partition": tp.partition, "lag": lag, "position": position}
                self._check("lag without a commit", still_s, turns=TURNS if tp.topic in moving else 1, **facts)

    def _moved(self, tp: TP, position: int) -> bool:
        """Whether a partition has moved within the patience."""
        return self._positions[tp].look(position, waits=True) <= self._stall_s

    def _check(self, reason: str, still_s: float, *, turns: int = 1, **facts: Any) -> None:
        if still_s > turns * self._stall_s:
            self._die(reason, still_s=round(still_s), **facts)
