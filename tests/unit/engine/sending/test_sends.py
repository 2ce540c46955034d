"""Batches of our own: their order, what they say when they land, and what a lost one does."""

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.structs import TopicPartition

from streams.engine.guards.pulse import Pulse
from streams.engine.sending.batch import Batch
from streams.engine.sending.sends import KeyValue, Sends
from tests.unit.engine.conftest import Died, FakeProducer, raising

TP = TopicPartition("t", 0)


def sends_of(producer: Any) -> Sends:
    return Sends(lambda: producer, pulse=Pulse(1_000), die=raising)


def rows(*names: str, size: int = 100) -> list[KeyValue]:
    return [(name.encode(), name.encode() * (size // len(name))) for name in names]


async def test_a_full_batch_is_followed_by_the_next_in_order(producer: FakeProducer) -> None:
    producer.batch_bytes = 250
    await sends_of(producer).send("t", 0, rows("a", "b", "c", "d", "e"))
    assert producer.batches == [2, 2, 1]
    assert [key for _, _, key, _ in producer.sent] == [b"a", b"b", b"c", b"d", b"e"]


async def test_each_batch_says_what_has_landed(producer: FakeProducer) -> None:
    producer.batch_bytes = 250
    landed: list[bytes | None] = []
    sends = sends_of(producer)
    await sends.send("t", 0, rows("a", "b", "c"), landed=lambda some, _: landed.extend(key for key, _ in some))
    assert sends.outstanding == 3
    producer.land(producer.futures[0])
    await asyncio.sleep(0)
    assert (landed, sends.outstanding) == ([b"a", b"b"], 1)
    waiting = asyncio.create_task(sends.landed())
    await asyncio.sleep(0)
    assert not waiting.done()
    producer.acknowledge()
    await asyncio.wait_for(waiting, 20)
    assert (landed, sends.outstanding) == ([b"a", b"b", b"c"], 0)


async def test_a_batch_that_is_not_taken_ends_the_process(producer: FakeProducer) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise TimeoutError

    producer.send_batch = refused  # type: ignore[method-assign, assignment]
    with pytest.raises(Died, match="handed to the producer"):
        await sends_of(producer).send("t", 0, rows("a"))


@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_a_batch_that_is_lost_ends_the_process_and_says_nothing_of_its_rows(
    producer: FakeProducer, how: str
) -> None:
    landed: list[object] = []
    await sends_of(producer).send("t", 0, rows("a"), landed=lambda some, _: landed.append(some))
    (future,) = producer.futures
    future.cancel() if how == "cancelled" else future.set_exception(ConnectionError("gone"))
    problems: list[BaseException] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))
    await asyncio.sleep(0)
    assert isinstance(problems[0], Died)
    assert not landed


class Aiokafka:
    """The real queue of aiokafka's producer, and a broker that takes one request when it is told to."""

    def __init__(self, batch_bytes: int, *, linger_ms: int = 0) -> None:
        cluster = SimpleNamespace(leader_for_partition=lambda _: 0)
        self.queue = MessageAccumulator(cluster, batch_bytes, 0, 30, linger_ms=linger_ms)
        self.create_batch = partial(Batch, batch_bytes)
        self.taken: list[int] = []

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        return await self.queue.add_batch(batch, TopicPartition(topic, partition), 5)

    def take(self) -> None:
        nodes, _ = self.queue.drain_by_nodes(ignore_nodes=())
        for batch in nodes.get(0, {}).values():
            self.taken.append(batch.record_count)
            batch.done(0)


async def test_aiokafka_keeps_the_order_of_batches_of_one_partition() -> None:
    """One is queued at a time: the next waits until the sender took it, and reads what it holds only then."""
    kafka = Aiokafka(batch_bytes=1_000)
    sends = sends_of(kafka)
    sending = asyncio.create_task(sends.send("t", 0, rows("a", "b", "c", "d", size=400)))
    while len(kafka.taken) < 2:
        await asyncio.sleep(0)
        kafka.take()
    await asyncio.wait_for(sending, 20)
    await asyncio.wait_for(sends.landed(), 20)
    assert kafka.taken == [2, 2]


async def test_aiokafka_takes_one_record_that_is_larger_than_a_batch() -> None:
    kafka = Aiokafka(batch_bytes=1_000)
    sending = asyncio.create_task(sends_of(kafka).send("t", 0, [(b"k", b"x" * 900_000), (b"l", b"y")]))
    while len(kafka.taken) < 2:
        await asyncio.sleep(0)
        kafka.take()
    await asyncio.wait_for(sending, 20)
    assert kafka.taken == [1, 1]


async def test_aiokafka_lets_no_batch_of_ours_linger() -> None:
    """It waited for company in the outbox: the producer's linger would be paid on each hop again."""
    kafka = Aiokafka(batch_bytes=1_000, linger_ms=60_000)
    await asyncio.wait_for(sends_of(kafka).send("t", 0, rows("a")), 20)
    kafka.take()
    assert kafka.taken == [1]
