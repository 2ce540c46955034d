"""Kafka as upkeep needs it: whole topics read to their ends, records written to named partitions, where a group stands.

Nothing here knows what a record means. Every call may raise BrokerUnreachable.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata

from deploy.errors import BrokerUnreachable
from deploy.local.topics import counted, delete
from kafka_access.access import Where
from kafka_access.reaching import reached
from kafka_access.refusals import because
from schemas.versions import VERSION_HEADER, kept_version

__all__ = ["Broker", "Piece", "Writer"]

ANSWER_MS: Final = 10_000
AT_ONCE: Final = 5_000  # records of one poll
FLYING: Final = 20_000  # records written and not acknowledged: above it the writer waits
SILENT_POLLS: Final = 120  # of half a second each
_AT_REST: Final = frozenset({"Dead", "Empty", "Unknown"})
NO_OFFSETS: Final[Mapping[int, int]] = {}
COORDINATED_S: Final = 60.0  # until a group has a coordinator that has read where it stands
LOOK_S: Final = 0.2
_NOT_YET: Final = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError)
Answer = TypeVar("Answer")


class Piece(NamedTuple):
    """One record of a topic. `value` None is a tombstone; `version`: packed, where it came from another epoch."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    version: bytes | None = None


class Writer:
    """Writes records in order; `flush` returns when all replicas have them all."""

    def __init__(self, producer: KafkaProducer) -> None:
        self._producer = producer
        self._flying: list[Any] = []

    def write(
        self, topic: str, *, partition: int, key: bytes | None, value: bytes | None, version: bytes | None = None
    ) -> None:
        """Hands one record over; with the version that it keeps. Raises KafkaError for it or for one before it."""
        headers = [] if version is None else [(VERSION_HEADER, version)]
        sent = self._producer.send(topic, key=key, value=value, partition=partition, headers=headers)
        self._flying.append(sent)
        if len(self._flying) >= FLYING:
            self.flush()

    def flush(self) -> None:
        """Waits for everything written. Raises KafkaError where one record did not arrive."""
        flying, self._flying = self._flying, []
        for one in flying:
            one.get(timeout=ANSWER_MS / 1000)


class Broker:
    """Connections to one cluster; made by `Broker.connected`."""

    def __init__(self, where: Where, stack: ExitStack) -> None:
        self._where = where
        self._stack = stack
        self.admin = _admin(where)
        stack.callback(self._part)
        self._consumer = reached(
            KafkaConsumer, where, bootstrap_timeout_ms=ANSWER_MS, group_id=None, enable_auto_commit=False,
            fetch_max_wait_ms=50, auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20,
        )  # fmt: skip
        stack.callback(self._consumer.close)

    @staticmethod
    @contextmanager
    def connected(where: Where) -> Iterator["Broker"]:
        """Whatever Kafka says no with becomes BrokerUnreachable."""
        try:
            with ExitStack() as stack:
                yield Broker(where, stack)
        except KafkaError as error:
            said = because(where, error, otherwise=f"{type(error).__name__}: {error}")
            raise BrokerUnreachable(f"Kafka at {where}: {said}") from error

    def _part(self) -> None:
        self.admin.close()

    @property
    def cluster_id(self) -> str:
        """The cluster's own name for itself, "" where it has none."""
        return str(self.admin.describe_cluster().get("cluster_id") or "")

    def partitions(self, topics: Sequence[str]) -> dict[str, int]:
        """Partitions of those that exist."""
        return counted(self.admin, topics)

    def delete(self, topics: Sequence[str]) -> None:
        """Takes topics away; none of them is told of any more when it returns."""
        delete(self.admin, topics)

    # ─── where a group stands
    def is_busy(self, group: str) -> bool:
        """Whether anybody is in the group. The embedded broker does not say; there it is False."""
        told = self._coordinated(lambda admin: admin.list_groups())
        states = {one["group_id"]: one.get("group_state") for one in told}
        return states.get(group, "Dead") not in _AT_REST

    def committed(self, group: str, topic: str, *, partitions: int) -> dict[int, int]:
        """Committed offset of each partition; 0 where nothing was."""
        tops = [TopicPartition(topic, number) for number in range(partitions)]
        found = self._coordinated(lambda admin: admin.list_group_offsets({group: tops})[group])
        return {top.partition: max(0, found[top].offset) if top in found else 0 for top in tops}

    def commit(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Sets where an empty group goes on. Raises KafkaError where any partition of it is not set."""
        told = {TopicPartition(topic, number): OffsetAndMetadata(offset, "", -1) for number, offset in offsets.items()}

        def committed(admin: Any) -> None:
            answers = admin.alter_group_offsets(group, told)
            for refused in set(answers.values()) - {NoError}:
                raise refused(f"{group} is not set to go on where it was told to in {topic}")

        self._coordinated(committed)

    def _coordinated(self, ask: Callable[[Any], Answer]) -> Answer:
        """What a group's coordinator answers once there is one and it has loaded: no answer is not "nothing there"."""
        until = time.monotonic() + COORDINATED_S
        while True:
            try:
                return ask(self.admin)
            except _NOT_YET:
                if time.monotonic() > until:
                    raise
            time.sleep(LOOK_S)
            self._part()  # it keeps for good who the coordinator was
            self.admin = _admin(self._where)

    # ─── whole topics
    def bounds(self, topic: str, *, partitions: int) -> dict[int, tuple[int, int]]:
        """First offset and end of each partition."""
        tops = [TopicPartition(topic, number) for number in range(partitions)]
        first = self.admin.list_partition_offsets(dict.fromkeys(tops, OffsetSpec.EARLIEST))
        last = self.admin.list_partition_offsets(dict.fromkeys(tops, OffsetSpec.LATEST))
        return {top.partition: (max(0, first[top].offset), max(0, last[top].offset)) for top in tops}

    def read(self, topic: str, *, partitions: int, since: Mapping[int, int] = NO_OFFSETS) -> Iterator[Piece]:
        """Everything from `since` (else the beginning) to the ends as they are now; each partition in order."""
        bounds = self.bounds(topic, partitions=partitions)
        begin = {number: max(first, since.get(number, 0)) for number, (first, _) in bounds.items()}
        waiting = {TopicPartition(topic, number) for number, (_, end) in bounds.items() if end > begin[number]}
        if not waiting:
            return
        self._consumer.unsubscribe()  # else where a topic ended the last time counts as its end
        self._consumer.assign(sorted(waiting))
        for top in waiting:
            self._consumer.seek(top, begin[top.partition])
        yield from self._until_ends(waiting)

    def _until_ends(self, waiting: set[TopicPartition]) -> Iterator[Piece]:
        """The ends are those that fetches tell: the embedded broker answers questions for them short."""
        goals: dict[TopicPartition, int] = {}
        silent = 0
        while waiting:
            found = self._consumer.poll(500, max_records=AT_ONCE)
            for top in waiting - goals.keys():
                if (end := self._consumer.highwater(top)) is not None:
                    goals[top] = end
            for records in found.values():
                for one in records:
                    yield Piece(one.partition, one.offset, one.key, one.value, kept_version(one.headers))
            waiting = {top for top in waiting if top not in goals or self._consumer.position(top) < goals[top]}
            silent = 0 if found else silent + 1
            if silent > SILENT_POLLS:
                raise BrokerUnreachable(f"Kafka at {self._where} stopped answering within {sorted(waiting)}")

    def writer(self) -> Writer:
        """A producer of its own, acknowledged by all replicas."""
        producer = reached(
            KafkaProducer, self._where, bootstrap_timeout_ms=ANSWER_MS, acks="all", linger_ms=5, batch_size=262_144,
            compression_type="lz4", max_request_size=4_000_000,
        )  # fmt: skip
        self._stack.callback(producer.close, timeout=5)
        return Writer(producer)


def _admin(where: Where) -> Any:
    return reached(KafkaAdminClient, where, bootstrap_timeout_ms=ANSWER_MS, request_timeout_ms=2 * ANSWER_MS)
