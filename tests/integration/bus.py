"""Kafka as the tests see it: topics under a prefix of their own, what is committed, what lies in a topic."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from msgspec import Struct

from deploy.local.topics import apply, wanted
from kafka_access.reaching import reached
from schemas.topics import TOPICS, application, partition_of, topic

__all__ = ["Bus", "Record", "Timeout", "new_bus", "wait_until"]

ANSWER_S: Final = 60.0
NOWHERE: Final[Mapping[TopicPartition, int]] = {}
INBOXES: Final = tuple(one.name for one in TOPICS if one.inbox)


class Timeout(AssertionError):
    """What was waited for did not come; says what was seen last."""


class Record(Struct, frozen=True):
    """One record of a topic."""

    partition: int
    offset: int
    key: str
    value: bytes


def wait_until(seen: Callable[[], object], *, within_s: float, what: str, every_s: float = 0.1) -> None:
    """Ask until the answer is true. Raises Timeout."""
    give_up = time.monotonic() + within_s
    while not seen():
        if time.monotonic() > give_up:
            raise Timeout(f"not within {within_s:.0f} s: {what}")
        time.sleep(every_s)


class Bus:
    """One application's topics on one broker."""

    def __init__(self, bootstrap: str, *, prefix: str, app_id: str, partitions: int = 4, epoch: int = 0) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.app_id = app_id
        self.partitions = partitions
        self.epoch = epoch
        self.group = application(app_id, epoch)
        self._look()
        self._producer = reached(
            KafkaProducer, bootstrap, acks="all", linger_ms=2, batch_size=262_144, compression_type="lz4",
            max_request_size=4_000_000,
        )  # fmt: skip

    def _look(self) -> None:
        with ExitStack() as undo:
            admin = undo.enter_context(closing(reached(KafkaAdminClient, self.bootstrap)))
            eye = reached(
                KafkaConsumer, self.bootstrap, enable_auto_commit=False, group_id=None, fetch_max_wait_ms=20
            )
            undo.pop_all()
        self.admin, self._eye = admin, eye

    def look_again(self) -> None:
        """With new connections: after brokers fell, kafka-python may wait for ever for what it asked the old ones.

        Raises KafkaError where no broker lets us in; the old ones stay then, and may be asked again.
        """
        admin, eye = self.admin, self._eye
        self._look()
        eye.close()
        admin.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._eye.close()
        self._producer.close(5)
        self.admin.close()

    def full(self, name: str) -> str:
        """A topic's name on the broker."""
        return topic(name).full(self.prefix, epoch=self.epoch)

    def create(self) -> None:
        """All topics and the changelogs of the four tables."""
        apply(
            self.bootstrap, wanted(self.partitions, prefix=self.prefix, app_id=self.app_id, epoch=self.epoch)
        )

    def make(self, wanted: dict[str, dict[str, str]]) -> None:
        """Create topics with these settings and wait until each has its leaders."""
        self.admin.create_topics(
            {
                name: {"num_partitions": self.partitions, "replication_factor": 1, "configs": config}
                for name, config in wanted.items()
            },
            wait_for_metadata=True,
        )

    def write(self, name: str, records: Iterable[tuple[int, bytes]]) -> int:
        """Write (partition, value) to a topic in order and wait until the broker has them. Returns how many."""
        return self.write_to(self.full(name), records)

    def write_to(self, full_name: str, records: Iterable[tuple[int, bytes]]) -> int:
        """The same for a topic by its full name."""
        return self.write_keyed(full_name, ((partition, None, value) for partition, value in records))

    def write_keyed(self, full_name: str, records: Iterable[tuple[int, bytes | None, bytes]]) -> int:
        """The same for (partition, key, value)."""
        sent = [
            self._producer.send(full_name, key=key, value=value, partition=partition)
            for partition, key, value in records
        ]
        for one in sent:
            one.get(60)
        return len(sent)

    def send(self, name: str, key: str, message: bytes) -> None:
        """One message to the row of this key, as a block of one."""
        self.write(name, [(partition_of(key, self.partitions), b"[" + message + b"]")])

    def _tops(self, names: Iterable[str]) -> list[TopicPartition]:
        return [TopicPartition(self.full(name), number) for name in names for number in range(self.partitions)]

    def ends(self, names: Iterable[str] = INBOXES) -> dict[TopicPartition, int]:
        """End offsets."""
        return self._true_ends(self._tops(names))

    def _true_ends(self, tops: list[TopicPartition]) -> dict[TopicPartition, int]:
        """End offsets as a fetch tells them.

        The embedded broker answers a question for the latest offset with the first offset of the last batch plus one.
        """
        said = self._said_ends(tops)
        ends = {top: 0 for top, end in said.items() if not end}
        waiting = {top for top, end in said.items() if end}
        if not waiting:
            return ends
        self._eye.unsubscribe()  # else what a broker that answers later said the last time counts
        self._eye.assign(sorted(waiting))
        for top in waiting:
            self._eye.seek(top, said[top] - 1)
        give_up = time.monotonic() + ANSWER_S
        while waiting:
            self._eye.poll(50)
            ends |= {top: end for top in waiting if (end := self._eye.highwater(top)) is not None}
            waiting -= ends.keys()
            if time.monotonic() > give_up:
                raise Timeout(f"no fetch was answered: {waiting}")
        return ends

    def _said_ends(self, tops: list[TopicPartition]) -> dict[TopicPartition, int]:
        """By the consumer: the admin client does not look for a leader that moved."""
        give_up = time.monotonic() + ANSWER_S
        while True:
            try:
                return dict(self._eye.end_offsets(tops))
            except KeyError as error:  # kafka-python trips over an answer for some of them only
                if time.monotonic() > give_up:
                    raise Timeout(f"no end is told of {error}") from error

    def committed(self, names: Iterable[str] = INBOXES) -> dict[TopicPartition, int]:
        """What the application's group has committed; 0 where nothing was."""
        try:
            found = self.admin.list_group_offsets({self.group: self._tops(names)})[self.group]
        except KafkaError:
            found = {}
        return {top: max(0, found[top].offset) if top in found else 0 for top in self._tops(names)}

    def members(self) -> int:
        """How many workers the application's group has, 0 while it rebalances."""
        try:
            found = self.admin.describe_groups([self.group])[self.group]
        except KafkaError:
            return 0
        return len(found["members"]) if found["group_state"] == "Stable" else 0

    def lag(self, names: Iterable[str] = INBOXES) -> int:
        """Records that are written and not committed."""
        done = self.committed(names)
        return sum(end - done[top] for top, end in self.ends(names).items())

    def lag_of(self, group: str, full_name: str) -> int:
        """The same for another group and one topic by its full name."""
        ends = self.tops_of(full_name)
        found = self.admin.list_group_offsets({group: list(ends)})[group]
        return sum(end - max(0, found[top].offset if top in found else 0) for top, end in ends.items())

    def settled(self) -> bool:
        """Nothing is under way: all that lies in the inboxes is committed, and nothing came while we looked.

        A commit says that every effect of what it covers is acknowledged, so no effect can be on its way then.
        """
        before = self.ends()
        return self.committed() == before == self.ends()

    def read(self, name: str, since: Mapping[TopicPartition, int] = NOWHERE) -> list[Record]:
        """All of a topic from these offsets on, each partition in order."""
        return list(self._read(self.full(name), since))

    def read_full(self, full_name: str) -> list[Record]:
        """All of a topic by its full name."""
        return list(self._read(full_name))

    def tops_of(self, full_name: str) -> dict[TopicPartition, int]:
        """End offsets of a topic by its full name on the broker."""
        return self._true_ends([TopicPartition(full_name, number) for number in range(self.partitions)])

    def _read(self, full_name: str, since: Mapping[TopicPartition, int] = NOWHERE) -> Iterator[Record]:
        ends = {top: end for top, end in self.tops_of(full_name).items() if end > since.get(top, 0)}
        if not ends:
            return
        with self._consumer() as consumer:
            consumer.assign(list(ends))
            for top in ends:
                consumer.seek(top, since.get(top, 0))
            give_up = time.monotonic() + 60
            while any(consumer.position(top) < end for top, end in ends.items()):
                for records in consumer.poll(500, max_records=5_000).values():
                    for one in records:
                        yield Record(one.partition, one.offset, (one.key or b"").decode(), one.value)
                if time.monotonic() > give_up:
                    raise Timeout(f"reading {full_name}: {ends}")

    def follow(self, names: Iterable[str]) -> KafkaConsumer:
        """A consumer of all that comes to these topics from now on; whoever asks closes it."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, group_id=None, fetch_max_wait_ms=10
        )
        ends = self.ends(names)
        consumer.assign(list(ends))
        for top, end in ends.items():
            consumer.seek(top, end)
        return consumer

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
            fetch_max_wait_ms=50, group_id=None,
        )  # fmt: skip
        try:
            yield consumer
        finally:
            consumer.close()


@contextmanager
def new_bus(bootstrap: str, name: str) -> Iterator[Bus]:
    """Topics and an application of this name, for as long as the block lasts."""
    with closing(Bus(bootstrap, prefix=f"{name}.", app_id=name)) as one:
        one.create()
        yield one
