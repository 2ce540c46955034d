"""Records between the fetcher and the agents: one inbox for each agent, bounded by bytes for each partition.

Faust hands over record by record, with about four asyncio tasks each, and bounds its buffers in records. Here what a
fetch brought is laid down at once, and a partition that holds too much is not asked for until half of it is read.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Final, Literal, Protocol, TypeAlias

from faust.types import TP

from streams.metrics import Bound

__all__ = ["BEHIND_AT", "BUSY_AT", "FETCHED", "MOST_WAITING", "Fetched", "Inbox", "Intake", "Load", "Waiting"]

MOST_WAITING: Final = 4 * 1024 * 1024  # bytes of one partition; what one fetch brings comes on top
FETCHED: Final = 4 * 1024 * 1024  # bytes of one partition in one fetch, at most (`faust_settings.py`)
BUSY_AT: Final = 16  # records
BEHIND_AT: Final = 4 * 1024 * 1024  # bytes: a tenth of a second's work of a fast core

Load: TypeAlias = Literal["calm", "busy", "behind"]


class Fetched(Protocol):
    """One record as aiokafka gives it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def key(self) -> bytes | None:
        """None in blocks."""

    @property
    def value(self) -> bytes | None:
        """None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """What was written beside the value."""


Waiting = tuple[TP, Fetched]


class Inbox(AsyncIterator[Waiting]):
    """What one agent has not read yet, partitions by turns. `full`: partitions that must not be fetched now."""

    def __init__(self, full: set[TP], *, most: int = MOST_WAITING) -> None:
        self._full = full
        self._most = most
        self._lanes: dict[TP, deque[Fetched]] = {}
        self._bytes: dict[TP, int] = {}
        self._come = asyncio.Event()

    def put(self, tp: TP, records: Sequence[Fetched]) -> None:
        """Lays down what one fetch brought of one partition, in order."""
        self._lanes.setdefault(tp, deque()).extend(records)
        self._bytes[tp] = held = self._bytes.get(tp, 0) + sum(map(_size, records))
        if held > self._most:
            self._full.add(tp)
        self._come.set()

    async def __anext__(self) -> Waiting:
        """The next record; waits where there is none."""
        while not self._lanes:
            self._come.clear()
            await self._come.wait()
        tp = next(iter(self._lanes))
        lane = self._lanes.pop(tp)
        record = lane.popleft()
        if lane:
            self._lanes[tp] = lane  # behind the others
        self._bytes[tp] = held = self._bytes[tp] - _size(record)
        if held < self._most // 2:
            self._full.discard(tp)
        return tp, record

    def clear(self) -> None:
        """Forgets everything: partitions move, and what is still ours is read again from its committed offset."""
        self._full.difference_update(self._bytes)
        self._lanes.clear()
        self._bytes.clear()

    @property
    def empty(self) -> bool:
        """Nothing lies ready."""
        return not self._lanes

    @property
    def waiting(self) -> int:
        """Records that lie ready."""
        return sum(map(len, self._lanes.values()))

    @property
    def waiting_bytes(self) -> int:
        """Their bytes."""
        return sum(list(self._bytes.values()))  # a scrape asks from another thread

    @property
    def most_bytes(self) -> int:
        """What they may be: of each partition the bound, and the fetch that met it."""
        return len(self._bytes) * (self._most + FETCHED)


class Intake:
    """All inboxes of a worker, by topic. `urgent`: topics whose readers wait for nobody."""

    def __init__(self, urgent: Collection[str] = ()) -> None:
        self._urgent = urgent
        self.full: set[TP] = set()
        self._inboxes: dict[str, Inbox] = {}

    def inbox(self, topics: Iterable[str]) -> Inbox:
        """A new inbox for what comes to these topics, by their names on the broker."""
        made = Inbox(self.full)
        self._inboxes |= dict.fromkeys(topics, made)
        return made

    def put(self, tp: TP, records: Sequence[Fetched]) -> None:
        """Lays records down. Raises KeyError where nobody reads the topic."""
        self._inboxes[tp.topic].put(tp, records)

    def clear(self) -> None:
        """Empties all inboxes."""
        for inbox in self._inboxes.values():
            inbox.clear()

    @property
    def load(self) -> Load:
        """How much lies ready for the urgent topics.

        `busy` where nothing is read sooner by haste, `behind` where what comes now waits a tenth of a second anyway.
        """
        inboxes = [self._inboxes[topic] for topic in self._urgent if topic in self._inboxes]
        if sum(inbox.waiting_bytes for inbox in inboxes) > BEHIND_AT:
            return "behind"
        return "busy" if sum(inbox.waiting for inbox in inboxes) > BUSY_AT else "calm"

    @property
    def waiting_bytes(self) -> int:
        """Bytes of all that lies ready."""
        return sum(inbox.waiting_bytes for inbox in set(self._inboxes.values()))

    def bounds(self) -> list[Bound]:
        """What is fetched and not read."""
        most = sum(inbox.most_bytes for inbox in set(self._inboxes.values()))
        return [Bound("fetched_bytes", self.waiting_bytes, most)]


def _size(record: Fetched) -> int:
    return len(record.value or b"")
