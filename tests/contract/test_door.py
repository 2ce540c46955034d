"""What every door does: written once, run on the one that only remembers and on the embedded broker."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.local.topics import apply, wanted
from schemas.codec import SIGNALS, TOUCHES, VISITS_TYPED, encode, encode_block
from schemas.delivery import TypedDelivery, VisitorOrder
from schemas.signals import AlertAction
from schemas.topics import partition_of, topic
from schemas.touches import Disposition, MergeOrder
from streams.inbox import Caused, Door, DoorClosed, KafkaDoor, MemoryDoor, Put
from tests.integration.brokers import broker

Message = Caused
Read = Callable[[], Awaitable[list[Message]]]
PARTITIONS = 4
CLAIM = AlertAction(to="acme.example", alert_id="al_1", action="claim", actor="Ines", at=1)
MERGE = MergeOrder(to="ab" * 16, into="cd" * 16, at=3, actor="Ines")
DENY = VisitorOrder(to="v1", kind="deny", lead_id="ab" * 16, at=4, actor="Ines")
STAFF = Disposition(to="ab" * 16, milestone_id="m", kind="dead_end", reason="staff", at=2, actor="Ines")


_WHERE = (("signals", CLAIM.to, SIGNALS), ("touches", STAFF.to, TOUCHES), ("visits", DENY.to, VISITS_TYPED))


def _orders(message: Any) -> list[Message]:
    """An order to a visitor's row comes in a delivery without events."""
    if not isinstance(message, TypedDelivery):
        return [message]
    assert (message.events, message.source, message.trust) == ([], "console", "proven")
    return list(message.orders or ())


class DoorContract:
    """`read` gives what stands in the inboxes."""

    async def test_what_was_sent_stands_in_its_inbox(self, door: Door, read: Read) -> None:
        await door.send(CLAIM)
        await door.send(STAFF)
        await door.send(MERGE)
        await door.send(DENY)
        assert await read() == [CLAIM, STAFF, MERGE, DENY]

    async def test_two_people_may_send_at_once(self, door: Door, read: Read) -> None:
        await asyncio.gather(*(door.send(CLAIM) for _ in range(20)))
        assert await read() == [CLAIM] * 20

    async def test_finished_records_stand_where_they_were_put(self, door: Door, read: Read) -> None:
        records = [Put("signals", partition_of(CLAIM.to, PARTITIONS), encode_block([encode(CLAIM)])) for _ in range(30)]
        await asyncio.to_thread(door.put, records)
        assert await read() == [CLAIM] * 30

    async def test_a_closed_door_says_so_in_time(self, closed: Door) -> None:
        with pytest.raises(DoorClosed):
            await asyncio.wait_for(closed.send(CLAIM), 15)
        with pytest.raises(DoorClosed):
            await asyncio.wait_for(asyncio.to_thread(closed.put, [Put("signals", 0, b"[]")]), 15)


class TestMemoryDoor(DoorContract):
    @pytest.fixture
    def door(self) -> MemoryDoor:
        return MemoryDoor()

    @pytest.fixture
    def read(self, door: MemoryDoor) -> Read:
        async def messages() -> list[Message]:
            return [*door.messages, *(one for put in door.records for one in SIGNALS.decode(put.value)[0])]

        return messages

    @pytest.fixture
    def closed(self, door: MemoryDoor) -> MemoryDoor:
        door.closed = True
        return door


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with broker("embedded") as address:
        yield address


@pytest.mark.kafka
class TestKafkaDoor(DoorContract):
    @pytest.fixture
    def prefix(self, bootstrap: str) -> str:
        prefix = f"t{uuid4().hex[:10]}."
        apply(bootstrap, wanted(PARTITIONS, prefix=prefix, app_id=prefix + "app"))
        return prefix

    @pytest.fixture
    def door(self, bootstrap: str, prefix: str) -> Iterator[KafkaDoor]:
        made = KafkaDoor(bootstrap, partitions=PARTITIONS, topic_prefix=prefix)
        yield made
        made.close()

    @pytest.fixture
    def read(self, bootstrap: str, prefix: str) -> Read:
        """Reads the partitions where the agents look for these keys."""

        def messages() -> list[Message]:
            found: list[Message] = []
            for name, key, codec in _WHERE:
                where = TopicPartition(topic(name).full(prefix), partition_of(key, PARTITIONS))
                consumer = KafkaConsumer(bootstrap_servers=bootstrap, consumer_timeout_ms=2_000)
                consumer.assign([where])
                consumer.seek_to_beginning(where)
                wanted_offset = consumer.end_offsets([where])[where]
                while wanted_offset and consumer.position(where) < wanted_offset:
                    for records in consumer.poll(timeout_ms=500).values():
                        for record in records:
                            good, bad = codec.decode(record.value)  # type: ignore[attr-defined]
                            assert not bad
                            assert record.key is None
                            found += [one for message in good for one in _orders(message)]
                consumer.close()
            return found

        return lambda: asyncio.to_thread(messages)

    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaDoor]:
        monkeypatch.setattr("streams.inbox.PATIENCE_S", 1.0)
        made = KafkaDoor("127.0.0.1:1", partitions=PARTITIONS)
        yield made
        made.close()
