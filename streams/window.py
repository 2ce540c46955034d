"""The window: what people look at in Kafka itself (what was rejected, what arrives). kafka-python, no Faust, no group.

Nobody's offsets move and nothing is kept. WindowShut is its one error: Kafka does not answer, or lacks the topic.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from kafka_access.access import Where
from kafka_access.reaching import reached
from kafka_access.refusals import because
from schemas.topics import topic
from streams.core.said import Said, SaidError
from streams.turns import Turns

__all__ = ["Bounds", "Keyed", "Seen", "Tail", "Window", "WindowShut"]

PATIENCE_S: Final = 5.0  # a person waits
QUIET_S: Final = 2.0
ASK_MS: Final = 100
AT_ONCE: Final = 500  # records of one poll
FETCH_BYTES: Final = 1 << 20
Bounds = Mapping[int, tuple[int, int]]
Keyed = tuple[bytes | None, bytes | None]  # a record's key and value; no value: a tombstone


class WindowShut(SaidError):
    """Nothing can be seen now."""


class _Away(WindowShut):
    """Kafka does not answer, whatever it is asked."""


class Seen(NamedTuple):
    """One record. `topic` is the short name, `timestamp` the broker's or the writer's, in UTC milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


class Window:
    """Looks records up by their place. It connects at the first look; threads may share it, in turns."""

    def __init__(self, servers: Where, *, topic_prefix: str = "", epoch: int = 0) -> None:
        self._names = _Names(topic_prefix, epoch)
        self._servers = servers
        self._consumer: Any = None
        self._turns = Turns(_Away)

    def close(self) -> None:
        """Let go of the connection; the next look makes a new one."""
        with self._turns.lock:
            if self._consumer is not None:
                self._consumer.close(autocommit=False)
                self._consumer = None

    def bounds(self, name: str) -> Bounds:
        """First offset and end of each partition of a topic, by its short name. Raises WindowShut."""
        return self.bounds_of(self._names.full(name))

    def bounds_of(self, full: str) -> Bounds:
        """The same by the topic's full name. Raises WindowShut."""
        with self._looking() as consumer:
            tops = _parts(consumer, full)
            first, ends = consumer.beginning_offsets(tops), _ends(consumer, tops)
            return {top.partition: (first[top], max(first[top], ends[top])) for top in tops}

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        """The records from `first` on and before `end` that are still there. Raises WindowShut."""
        found = self._between(self._names.full(name), partition, span=(first, end))
        return [_seen(name, one) for one in found if one.value is not None]

    def keyed(self, full: str, partition: int, *, first: int, end: int) -> Iterator[Keyed]:
        """Keys and values there, tombstones too, by the topic's full name. Raises WindowShut."""
        return ((one.key, one.value) for one in self._between(full, partition, span=(first, end)))

    def record(self, full_name: str, partition: int, offset: int) -> bytes | None:
        """One record's value, by its topic's full name; None where it, or its topic, is gone. Raises WindowShut."""
        with self._looking() as consumer:
            if partition not in (consumer.partitions_for_topic(full_name) or ()):
                return None
        found = self._between(full_name, partition, span=(offset, offset + 1))
        return found[0].value if found and found[0].value is not None else None

    def _between(self, full: str, partition: int, *, span: tuple[int, int]) -> Sequence[Any]:
        top, (first, end) = TopicPartition(full, partition), span
        found: list[Any] = []
        with self._looking() as consumer:
            consumer.assign([top])
            consumer.seek(top, first)
            until = time.monotonic() + PATIENCE_S
            while consumer.position(top) < end:
                for one in consumer.poll(ASK_MS, max_records=AT_ONCE).get(top, ()):
                    until = time.monotonic() + PATIENCE_S
                    if one.offset < end:
                        found.append(one)
                if time.monotonic() > until:
                    raise _Away(Said("Kafka at %(servers)s stopped answering at %(place)s",
                                     {"servers": str(self._servers), "place": f"{full}.{partition}"}))  # fmt: skip
        return found

    @contextmanager
    def _looking(self) -> Iterator[Any]:
        with self._turns.turn(), _foreign(self._servers):
            if self._consumer is None:
                self._consumer = _connected(self._servers)
            yield self._consumer


class Tail:
    """What comes to some topics from now on. One thread at a time; `open` may be called again after WindowShut."""

    def __init__(self, servers: Where, names: Sequence[str], *, topic_prefix: str = "", epoch: int = 0) -> None:
        self._names = {_Names(topic_prefix, epoch).full(name): name for name in names}
        self._servers = servers
        self._consumer: Any = None
        self._heard = 0.0

    def open(self) -> None:
        """Stand at the end of every partition. Raises WindowShut."""
        self.close()
        with _foreign(self._servers):
            self._consumer = _connected(self._servers)
            self.skip()

    def skip(self) -> int:
        """Go on at the ends; how many records are passed over. Raises WindowShut."""
        with _foreign(self._servers):
            tops = [one for full in self._names for one in _parts(self._consumer, full)]
            were = {top: self._consumer.position(top) for top in self._consumer.assignment()}
            ends = _ends(self._consumer, tops)
            self._consumer.assign(tops)
            for top in tops:
                self._consumer.seek(top, ends[top])
            return sum(max(0, ends[top] - was) for top, was in were.items())

    def behind(self) -> int:
        """How many records lie ahead that were not read yet, as the last answers said."""
        tops = self._consumer.assignment()
        return sum(max(0, (self._consumer.highwater(top) or 0) - self._consumer.position(top)) for top in tops)

    def poll(self, wait_ms: int) -> Sequence[Seen]:
        """What came, at the latest after `wait_ms`. Raises WindowShut."""
        with _foreign(self._servers):
            found = self._consumer.poll(wait_ms, max_records=AT_ONCE)
            if found:
                self._heard = time.monotonic()
            elif time.monotonic() > self._heard + QUIET_S:  # a poll does not say that nobody is there
                self._consumer.end_offsets(sorted(self._consumer.assignment())[:1])
                self._heard = time.monotonic()
        return [
            _seen(self._names[top.topic], one) for top, records in found.items() for one in records
            if one.value is not None
        ]  # fmt: skip

    def close(self) -> None:
        """Let go of the connection."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
            self._consumer = None


class _Names(NamedTuple):
    prefix: str
    epoch: int

    def full(self, name: str) -> str:
        return topic(name).full(self.prefix, epoch=self.epoch)


def _connected(servers: Where) -> Any:
    return reached(
        KafkaConsumer, servers, client_id="leadstream-window", group_id=None, enable_auto_commit=False,
        auto_offset_reset="earliest", fetch_max_wait_ms=100, max_partition_fetch_bytes=FETCH_BYTES,
        allow_auto_create_topics=False, request_timeout_ms=int(PATIENCE_S * 1000),
        bootstrap_timeout_ms=int(PATIENCE_S * 1000),
    )  # fmt: skip


def _parts(consumer: Any, full: str) -> list[TopicPartition]:
    """Raises WindowShut."""
    tops = [TopicPartition(full, number) for number in sorted(consumer.partitions_for_topic(full) or ())]
    if not tops:
        raise WindowShut(Said("Kafka has no topic %(topic)s. Make it: leadstream topics apply", {"topic": full}))
    return tops


def _ends(consumer: Any, tops: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """As fetches tell them: the embedded broker answers a question for the latest offset short. Raises WindowShut."""
    ends: dict[TopicPartition, int] = dict(consumer.end_offsets(tops))
    waiting = {top for top, end in ends.items() if end > 0}
    consumer.unsubscribe()  # else where a partition ended the last time counts, whenever an answer is late
    consumer.assign(sorted(waiting))
    for top in waiting:
        consumer.seek(top, ends[top] - 1)
    until = time.monotonic() + PATIENCE_S
    while waiting:
        consumer.poll(ASK_MS, max_records=AT_ONCE)
        told = {top: end for top in waiting if (end := consumer.highwater(top)) is not None}
        ends |= told
        waiting -= told.keys()
        if time.monotonic() > until:
            raise _Away(Said("Kafka does not tell where %(n)s partitions end", {"n": len(waiting)}))
    return ends


def _seen(name: str, record: Any) -> Seen:
    return Seen(name, record.partition, record.offset, record.timestamp or 0, record.key, record.value)


@contextmanager
def _foreign(servers: Where) -> Iterator[None]:
    """Whatever the library says no with becomes WindowShut."""
    try:
        yield
    except (KafkaError, OSError, AssertionError, KeyError, ValueError) as error:
        said = Said("Kafka at %(servers)s: %(error)s", {"servers": str(servers), "error": because(servers, error)})
        raise _Away(said) from error
