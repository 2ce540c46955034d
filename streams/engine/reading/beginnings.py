"""Where reading begins, and what is done where that would pass records over: stop and page, never jump.

Offsets that were committed say it. Where they are lost (the group was deleted, the broker forgot it):

- An inbox that still holds its first record is read from there. Nothing is missing, and a message that comes again is
  folded again and changes nothing; the log says how far the rows had been.
- One whose first records are gone may miss some. The rows know the newest message in them, so what lies between that
  and the first record is the least that may be missing. That stops the worker with exit code 78 until a person says
  `LEADSTREAM_WORKER__LOST_OFFSETS=replay`; so does a committed offset that fell out of its topic.

Topics of cards keep the newest of each key: whoever begins at their first record has missed nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

import structlog
from faust.types import TP

from streams.engine.guards.exits import STOPPED, Die, die
from streams.metrics import Metrics

__all__ = ["Beginnings", "Gap", "first_gaps"]

_log = structlog.get_logger("streams.engine")


class Gap(NamedTuple):
    """Records of one inbox that are gone and that nobody is known to have read: from `known` to before `first`."""

    known: int
    first: int
    committed: int | None

    @property
    def records(self) -> int:
        """How many; 0 where the offset alone is lost and the rows know all that is gone."""
        return max(0, self.first - self.known)


def first_gaps(firsts: Mapping[TP, int], committed: Mapping[TP, int | None], *,
               newest: Callable[[TP], int | None]) -> dict[TP, Gap]:  # fmt: skip
    """Inboxes that cannot be read on. `newest(tp)`: the newest offset that a row of its table has folded."""
    gaps = {}
    for tp, first in firsts.items():
        stands = committed.get(tp)
        if first == 0 or (stands is not None and stands >= first):
            continue
        row = newest(tp) if stands is None else None
        known = stands if stands is not None else 0 if row is None else row + 1
        gaps[tp] = Gap(known, first, stands)
    return gaps


class Beginnings:
    """`inbox(topic)`: whether a record that is passed over is a loss. `page_s`: so long it is said before the end."""

    def __init__(self, *, inbox: Callable[[str], bool], newest: Callable[[TP], int | None], metrics: Metrics,
                 lost_offsets: Literal["stop", "replay"] = "stop", page_s: float = 0,
                 die: Die = die) -> None:  # fmt: skip
        self._inbox = inbox
        self._newest = newest
        self._metrics = metrics
        self._lost_offsets = lost_offsets
        self._page_s = page_s
        self._die: Final = die

    async def judged(self, firsts: Mapping[TP, int], committed: Mapping[TP, int | None]) -> dict[TP, int]:
        """Where to begin in each partition. Does not return where that would be a jump."""
        inboxes = {tp: first for tp, first in firsts.items() if self._inbox(tp.topic)}
        gaps = first_gaps(inboxes, committed, newest=self._newest)
        for tp, gap in gaps.items():
            self._say(tp, gap)
        if gaps and self._lost_offsets == "stop":
            await self._stop(sum(gap.records for gap in gaps.values()))
        starts = {tp: max(first, committed.get(tp) or 0) for tp, first in firsts.items()}
        for tp in inboxes.keys() - gaps.keys():
            if committed.get(tp) is None and (row := self._newest(tp)) is not None:
                _log.warning("no_committed_offset", topic=tp.topic, partition=tp.partition, begins=starts[tp],
                             rows_know=row)  # fmt: skip
        return starts

    def _say(self, tp: TP, gap: Gap) -> None:
        self._metrics.gauge("inbox_gap_records", gap.records, tp.topic, str(tp.partition))
        _log.critical("inbox_gap", topic=tp.topic, partition=tp.partition, records=gap.records, known=gap.known,
                      first=gap.first, committed=gap.committed)  # fmt: skip

    async def _stop(self, records: int) -> None:
        try:
            await asyncio.sleep(self._page_s)  # somebody reads /metrics every few seconds
        finally:
            self._die("committed offsets are lost or fell out of the topic: what lies before its first record was "
                      "perhaps never read; see the runbook, then LEADSTREAM_WORKER__LOST_OFFSETS=replay",
                      code=STOPPED, gap_records=records)  # fmt: skip
