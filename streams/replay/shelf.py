"""The topic `rejected`, read from its newest records back: what was asked for is found without reading 28 days.

A note that a record was replayed lies behind it, so it is known before the record is reached. Memory is bounded: one
stretch of records, one byte for each offset passed, and what was asked for.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import structlog

from schemas.codec import decode_rejected
from schemas.errors import Undecodable
from schemas.rejected import Kept, Rejected, Replayed
from streams.replay.wanted import Wanted
from streams.window import Bounds, Seen

__all__ = ["Looks", "Places", "Shelf", "TooMany"]

TOPIC: Final = "rejected"
LEAST: Final = 250  # records of one stretch; it grows while they are small
MOST: Final = 4_000
STRETCH_BYTES: Final = 8 << 20
MOST_CHOSEN: Final = 1_000_000
SLACK_MS: Final = 3_600_000  # so much earlier than its neighbours a record may have come to lie in its partition
Places: TypeAlias = Mapping[int, Sequence[int]]
Told: TypeAlias = Callable[[int, int], object]
log = structlog.get_logger()


class TooMany(Exception):
    """More records than are replayed at once; the text says what to do."""


class Looks(Protocol):
    """What is asked of the window."""

    def bounds(self, name: str) -> Bounds:
        """First offset and end of each partition."""

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        """The records of a stretch."""


class Shelf:
    """Everything may raise WindowShut. `told` hears how many offsets were passed, and of how many."""

    def __init__(self, window: Looks, *, told: Told = lambda _done, _total: None) -> None:
        self._window = window
        self._told = told

    def newest(self, wanted: Wanted, *, limit: int) -> list[Kept]:
        """The newest that are meant, newest first."""
        found: list[Kept] = []
        for stretches in self._partitions(wanted):
            here: list[Kept] = []
            for one in (one for stretch in stretches for one in reversed(stretch)):
                here.append(one)
                if len(here) == limit:
                    break
            found += here
        return sorted(found, key=lambda one: (one.record.at, one.partition, one.offset), reverse=True)[:limit]

    def places(self, wanted: Wanted) -> Places:
        """Where all that are meant lie, in the order of each partition. Raises TooMany."""
        found: dict[int, array[int]] = {}
        count = 0
        for stretches in self._partitions(wanted):
            for one in (one for stretch in stretches for one in reversed(stretch)):
                found.setdefault(one.partition, array("Q")).append(one.offset)
                count += 1
                if count > MOST_CHOSEN:
                    raise TooMany(f"more than {MOST_CHOSEN:,} records are meant: narrow it with --since or --until")
        for offsets in found.values():
            offsets.reverse()
        return found

    def at(self, places: Places) -> Iterator[Sequence[Kept]]:
        """The records at these places, some at a time, in the order of each partition."""
        for partition, offsets in places.items():
            for some in _near(offsets):
                wanted = frozenset(some)
                seen = self._window.between(TOPIC, partition, first=some[0], end=some[-1] + 1)
                yield [one for one in map(_kept, seen) if isinstance(one, Kept) and one.offset in wanted]

    def _partitions(self, wanted: Wanted) -> Iterator[Iterator[Sequence[Kept]]]:
        bounds = dict(self._window.bounds(TOPIC))
        if wanted.places:
            lowest: dict[int, int] = {}
            for partition, offset in wanted.places:
                lowest[partition] = min(offset, lowest.get(partition, offset))
            bounds = {
                number: (min(max(first, lowest[number]), end), end)
                for number, (first, end) in bounds.items() if number in lowest
            }  # fmt: skip
        total, passed = sum(end - first for first, end in bounds.values()), 0
        for partition, (first, end) in sorted(bounds.items()):
            yield self._back(partition, (first, end), wanted, progress=(passed, total))
            passed += end - first
            self._told(passed, total)

    def _back(
        self, partition: int, bounds: tuple[int, int], wanted: Wanted, *, progress: tuple[int, int]
    ) -> Iterator[Sequence[Kept]]:
        """What is meant of a partition, stretch by stretch from its end; each in its order."""
        first, end = bounds
        replayed, step = bytearray(end - first), LEAST
        upper = end
        while upper > first:
            lower = max(first, upper - step)
            seen = self._window.between(TOPIC, partition, first=lower, end=upper)
            yield _chosen(seen, replayed, first, wanted=wanted)
            self._told(progress[0] + end - lower, progress[1])
            if wanted.since is not None and seen and seen[0].timestamp < wanted.since - SLACK_MS:
                return
            size = sum(len(one.value) for one in seen)
            step = max(LEAST, step // 2) if size > STRETCH_BYTES else min(MOST, step * 2)
            upper = lower


def _chosen(seen: Iterable[Seen], replayed: bytearray, first: int, *, wanted: Wanted) -> Sequence[Kept]:
    records: list[Kept] = []
    for one in map(_kept, seen):
        if isinstance(one, Kept):
            records.append(one)
        elif one is not None and 0 <= one.replayed_offset - first < len(replayed):
            replayed[one.replayed_offset - first] = 1
    marked = (one._replace(replayed=bool(replayed[one.offset - first])) for one in records)
    return [one for one in marked if wanted.takes(one)]


def _kept(seen: Seen) -> Kept | Replayed | None:
    """None for what a newer release wrote: it is passed over, and said."""
    try:
        said = decode_rejected(seen.value)
    except Undecodable as error:
        log.warning("rejected_unreadable", partition=seen.partition, offset=seen.offset, reason=error.reason)
        return None
    return Kept(seen.partition, seen.offset, said) if isinstance(said, Rejected) else said


def _near(offsets: Sequence[int]) -> Iterator[Sequence[int]]:
    """Neighbours together, at most a stretch apart from the first."""
    some: list[int] = []
    for offset in offsets:
        if some and offset - some[0] >= LEAST:
            yield some
            some = []
        some.append(offset)
    if some:
        yield some
