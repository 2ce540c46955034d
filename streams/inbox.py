"""The door: messages that people cause (console, API) go into the same inboxes as all others. kafka-python, no Faust.

DoorClosed is its one error: the message did not get in and nothing has changed.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from kafka_access.access import Where
from kafka_access.reaching import reached
from kafka_access.refusals import because
from schemas.codec import encode, encode_block
from schemas.delivery import Delivery, VisitorOrder
from schemas.orders import delivery_of
from schemas.signals import AlertAction
from schemas.topics import partition_of, topic
from schemas.touches import Disposition, EraseOrder, MergeOrder
from streams.turns import Turns

__all__ = ["Caused", "Door", "DoorClosed", "KafkaDoor", "MemoryDoor", "Put"]

PATIENCE_S: Final = 5.0
_log = structlog.get_logger(__name__)
Caused: TypeAlias = AlertAction | Disposition | EraseOrder | MergeOrder | VisitorOrder
_INBOXES: Final[dict[type[Caused], str]] = {
    AlertAction: "signals", Disposition: "touches", EraseOrder: "touches", MergeOrder: "touches",
    VisitorOrder: "visits",
}  # fmt: skip


def _carried(message: Caused) -> Caused | Delivery:
    """What the inbox holds: an order to a visitor's row comes in a delivery without events."""
    if not isinstance(message, VisitorOrder):
        return message
    return delivery_of(message, source="console")


class DoorClosed(Exception):
    """Kafka did not take the message in time."""


class Put(NamedTuple):
    """One finished record for a partition of a topic, by its short name."""

    topic: str
    partition: int
    value: bytes
    key: bytes | None = None


class Door(Protocol):
    """Where people's messages go in."""

    async def send(self, message: Caused) -> None:
        """Put one message into its inbox; returns when it is safe there. Raises DoorClosed."""
        ...

    def put(self, records: Sequence[Put]) -> None:
        """Write finished records; returns when all are safe. Blocks. Raises DoorClosed: any of them may be there."""
        ...


class MemoryDoor:
    """A door that only remembers: for tests. `closed` makes it refuse."""

    def __init__(self) -> None:
        self.messages: list[Caused] = []
        self.records: list[Put] = []
        self.closed = False

    async def send(self, message: Caused) -> None:
        """Raises DoorClosed where a test says so."""
        if self.closed:
            raise DoorClosed("closed by the test")
        self.messages.append(message)

    def put(self, records: Sequence[Put]) -> None:
        """Raises DoorClosed where a test says so."""
        if self.closed:
            raise DoorClosed("closed by the test")
        self.records.extend(records)


class KafkaDoor:
    """The real door. It connects at the first message, so that the console starts (and reads) without Kafka."""

    def __init__(self, servers: Where, *, partitions: int, topic_prefix: str = "",
                 epoch: int = 0) -> None:  # fmt: skip
        self._servers = servers
        self._partitions = partitions
        self._prefix = topic_prefix
        self._epoch = epoch
        self._producer: Any = None
        self._turns = Turns(DoorClosed)

    async def send(self, message: Caused) -> None:
        """One record of one message, acknowledged by all replicas. Raises DoorClosed."""
        await asyncio.to_thread(self._send, message)

    def close(self) -> None:
        """Close the connection; an unsent message has told its sender already."""
        with self._turns.lock:
            if self._producer is not None:
                self._producer.close(timeout=1)
                self._producer = None

    def _send(self, message: Caused) -> None:
        partition = partition_of(message.to, self._partitions)
        self.put([Put(_INBOXES[type(message)], partition, encode_block([encode(_carried(message))]))])

    def put(self, records: Sequence[Put]) -> None:
        """Acknowledged by all replicas. Blocks. Raises DoorClosed."""
        producer = self._connected()
        try:
            sent = [
                producer.send(self._full(one.topic), key=one.key, value=one.value, partition=one.partition)
                for one in records
            ]
            for one in sent:
                one.get(timeout=PATIENCE_S)
        except (KafkaError, AssertionError, TimeoutError) as error:
            raise self._closed(error) from error

    def _full(self, name: str) -> str:
        return topic(name).full(self._prefix, epoch=self._epoch)

    def _closed(self, error: Exception) -> DoorClosed:
        why = because(self._servers, error)
        _log.warning("door_closed", servers=str(self._servers), why=why)
        return DoorClosed(why)

    def _connected(self) -> Any:
        """Raises DoorClosed."""
        with self._turns.turn():
            if self._producer is None:
                try:
                    self._producer = _producer(self._servers)
                except KafkaError as error:
                    raise self._closed(error) from error
            return self._producer


def _producer(servers: Where) -> KafkaProducer:
    wait_ms = int(PATIENCE_S * 1000)
    return reached(
        KafkaProducer, servers, client_id="leadstream-door", acks="all", linger_ms=0, max_block_ms=wait_ms,
        request_timeout_ms=wait_ms, delivery_timeout_ms=wait_ms, bootstrap_timeout_ms=wait_ms,
    )  # fmt: skip
