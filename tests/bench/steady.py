"""The rate that a worker keeps: from one commit to another, both of them seen while records still lie before it.

A worker's start, its first fetch and its wait for the last commit say nothing about how fast it works, and weigh the
more the faster it is. All records are written before it starts, so nobody waits for who writes them. The same for all.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from kafka import TopicPartition
from kafka.errors import KafkaError

from tests.bench.machine import cpu_seconds, resident_mb
from tests.bench.runs import Run
from tests.integration.bus import Bus, Timeout

__all__ = ["Commit", "Done", "done_by", "events_before", "kept_up", "steady"]

EVERY_S: Final = 0.02
LEAST: Final = 3  # commits: two intervals between them
MARK: Final = b'"messageId"'  # once in each event of `bodies.py`

Done = Callable[[], int]


class Commit(NamedTuple):
    """One commit as it was seen: when (s), how many events were committed by then, the process's CPU time (s)."""

    at: float
    events: int
    cpu_s: float


def events_before(blocks: Sequence[tuple[int, bytes]], partitions: int) -> Mapping[int, Sequence[int]]:
    """Of each partition, how many events lie before each offset."""
    counts: dict[int, list[int]] = {partition: [] for partition in range(partitions)}
    for partition, raw in blocks:
        counts[partition].append(raw.count(MARK))
    return {partition: list(accumulate(of_block, initial=0)) for partition, of_block in counts.items()}


def done_by(bus: Bus, group: str, topic: str, *, before: Mapping[int, Sequence[int]] | None = None) -> Done:
    """How many events of a topic a group has committed; without `before` each record is one."""
    tops = [TopicPartition(topic, number) for number in range(bus.partitions)]

    def done() -> int:
        try:
            found = bus.admin.list_group_offsets({group: tops})[group]
        except KafkaError:  # a new group has no coordinator at first
            return 0
        offsets = {top.partition: max(0, found[top].offset) for top in tops if top in found}
        return sum(offset if before is None else before[number][offset] for number, offset in offsets.items())

    return done


def steady(pid: int, done: Done, *, events: int, within_s: float, what: str) -> Run:
    """Watches a process until it has committed all its events. Raises Timeout, also where it commits too seldom."""
    give_up = time.monotonic() + within_s
    seen = [_look(pid, done)]
    while seen[-1].events < events:
        if time.monotonic() > give_up:
            raise Timeout(f"not within {within_s:.0f} s: {what}, {seen[-1].events} of {events} events")
        time.sleep(EVERY_S)
        now = _look(pid, done)
        if now.events != seen[-1].events:
            seen.append(now)
    return kept_up(seen, events=events, pid=pid, what=what)


def kept_up(seen: Sequence[Commit], *, events: int, pid: int, what: str) -> Run:
    """What it did between the first and the last commit under way. Raises Timeout where there are too few of them.

    The first look may have come long after its commit, and the last commit waited for nothing to be left.
    """
    under_way = [one for one in seen[1:] if one.events < events]
    if len(under_way) < LEAST:
        raise Timeout(f"{len(under_way)} commits under way: too few events for {what}")
    first, last = under_way[0], under_way[-1]
    count = last.events - first.events
    return Run(count / (last.at - first.at), (last.cpu_s - first.cpu_s) / count * 1e6, resident_mb(pid))


def _look(pid: int, done: Done) -> Commit:
    events = done()
    return Commit(time.perf_counter(), events, cpu_seconds(pid))
