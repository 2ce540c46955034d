"""Which offsets may be committed: those whose records were worked off in order, and nothing else.

Faust acknowledges a record when its agent asks for the next one, also when the agent failed on it or skipped it, and it
steps over gaps. So the commit asks here instead. An inbox has no gaps (no transactions, no compaction): one that
appears is a record that was dropped between broker and agent, and ends the process before anything behind it is
committed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from faust.types import TP

from streams.engine.guards.exits import STOPPED, Die, die

__all__ = ["Progress"]


class Progress:
    """Positions of the partitions that this worker reads. `gapless(topic)` says whether offsets must follow on."""

    def __init__(self, gapless: Callable[[str], bool], *, die: Die = die) -> None:
        self._gapless = gapless
        self._die = die
        self._next: dict[TP, int] = {}  # what to commit: the first record that is not worked off
        self._begun: dict[TP, deque[int]] = {}
        self._fresh: set[TP] = set()  # nothing was read since the start: the first record may not lie before it

    def start(self, starts: Mapping[TP, int]) -> None:
        """Reading starts at these offsets: the committed ones, or the beginnings."""
        for tp, offset in starts.items():
            self._next[tp] = offset
            self._begun[tp] = deque()
            self._fresh.add(tp)

    def forget(self, tps: Iterable[TP]) -> None:
        """These partitions are no longer ours."""
        for tp in tps:
            self._next.pop(tp, None)
            self._begun.pop(tp, None)
            self._fresh.discard(tp)

    def begin(self, tp: TP, offset: int) -> bool:
        """The record at `offset` is in hand. False: leave it, it was in hand before or is read again from the start."""
        begun = self._begun.get(tp)
        if begun is None:
            return False
        due = begun[-1] + 1 if begun else self._next[tp]
        if offset < due:
            if tp in self._fresh:
                facts = {"topic": tp.topic, "partition": tp.partition, "committed": due, "got": offset}
                self._die("the topic ends before the committed offset", code=STOPPED, **facts)
            return False
        self._fresh.discard(tp)
        if offset > due and self._gapless(tp.topic):
            self._die("records are missing", topic=tp.topic, partition=tp.partition, expected=due, got=offset)
        begun.append(offset)
        return True

    def finish(self, tp: TP, offset: int) -> None:
        """The record at `offset` was worked off: its rows are put and its effects gathered.

        One that was abandoned before it stays the oldest for ever, and nothing behind it is committed.
        """
        begun = self._begun.get(tp)
        if begun and begun[0] == offset:
            begun.popleft()
            self._next[tp] = offset + 1

    def positions(self) -> dict[TP, int]:
        """The offsets to commit: the next record to be read of each partition."""
        return dict(self._next)

    def position(self, tp: TP) -> int | None:
        """The offset to commit for one partition."""
        return self._next.get(tp)
