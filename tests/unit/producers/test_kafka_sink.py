"""The Kafka sink where no broker is needed: what it does when its producer is spoilt, and what it puts into batches."""

import asyncio
from asyncio import Future
from typing import Any

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from kafka.record import MemoryRecords
from structlog.testing import capture_logs

from producers.errors import SinkRefused, SinkUnavailable
from producers.sinks import kafka as module
from producers.sinks.batch import Batch
from producers.sinks.kafka import KafkaSink
from producers.sinks.producer import REFUSED
from tests.unit.producers.desk import until


class Producer:
    """Keeps batches; each lands, or fails with what `verdict` says of its values."""

    def __init__(self, verdict: Any = lambda _: None, *, held: bool = False) -> None:
        self.verdict = verdict
        self.held = held
        self.batches: list[list[bytes]] = []
        self.waiting: list[Future[None]] = []
        self.closed = False

    async def send_batch(self, batch: Batch, _topic: str, *, partition: int) -> "Future[None]":
        future: Future[None] = asyncio.get_running_loop().create_future()
        values = [bytes(record.value) for records in _batches(batch._build()) for record in records]
        self.batches.append(values)
        error = self.verdict(values)
        if error is not None:
            future.set_exception(error)
        elif self.held:
            self.waiting.append(future)
        else:
            future.set_result(None)
        return future


async def _surprise(*_: object, **__: object) -> "Future[None]":
    raise ZeroDivisionError


def _batches(raw: bytes) -> Any:
    records = MemoryRecords(raw)
    while records.has_next():
        yield records.next_batch()


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> list[Producer]:
    """Those that the sink will open, one after the other."""
    made: list[Producer] = []
    left = iter(made)

    async def opened(*_: object) -> tuple[Producer, str]:
        return next(left), ""

    async def stopped(producer: Producer, *, deadline_s: float) -> None:
        producer.closed = True

    monkeypatch.setattr(module, "opened", opened)
    monkeypatch.setattr(module, "stopped", stopped)
    return made


async def started() -> KafkaSink:
    sink = KafkaSink("nowhere:1", topics=("t",), partitions=2)
    await sink.start()
    await until(lambda: not sink.not_ready())
    return sink


def unknown(_: list[bytes]) -> KafkaError:
    return KafkaError("forgotten id")


async def test_a_spoilt_producer_is_replaced_and_writing_goes_on(
    producers: list[Producer], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt, sound = Producer(unknown), Producer()
    producers += (spoilt, sound)
    monkeypatch.setattr(module, "RENEW_AFTER_S", 0.05)
    sink = await started()
    with pytest.raises(SinkUnavailable, match="t: KafkaError"):
        await sink.write("t", partition=0, value=b"1")
    assert sink.not_ready() == ""  # once is no pattern
    await asyncio.sleep(0.06)
    with pytest.raises(SinkUnavailable):
        await sink.write("t", partition=0, value=b"2")
    await until(lambda: not sink.not_ready() and spoilt.closed)
    await sink.write("t", partition=0, value=b"3")
    await sink.close(deadline_s=1)
    assert sound.closed
    with pytest.raises(SinkUnavailable, match="closed"):
        await sink.write("t", partition=0, value=b"4")


async def test_what_comes_while_a_batch_is_on_its_way_leaves_together_behind_it(producers: list[Producer]) -> None:
    slow = Producer(held=True)
    producers.append(slow)
    sink = await started()
    first = sink.write("t", partition=0, value=b"1")
    await until(lambda: len(slow.batches) == 1)
    rest = [sink.write("t", partition=0, value=str(number).encode()) for number in range(2, 5)]
    other = sink.write("t", partition=1, value=b"other")
    await until(lambda: len(slow.batches) == 2)
    assert slow.batches == [[b"1"], [b"other"]]
    slow.held = False
    slow.waiting[0].set_result(None)
    await first
    await asyncio.gather(*rest)
    assert slow.batches[2:] == [[b"2", b"3", b"4"]]
    slow.waiting[1].set_result(None)
    await other


async def test_of_a_batch_that_kafka_will_never_take_only_the_bad_record_is_refused(producers: list[Producer]) -> None:
    producers.append(Producer(lambda values: MessageSizeTooLargeError() if b"bad" in values else None))
    sink = await started()
    sent = [sink.write("t", partition=0, value=value) for value in (b"1", b"bad", b"2")]
    done = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(one) for one in done] == [type(None), SinkRefused, type(None)]
    assert producers[0].batches == [[b"1", b"bad", b"2"], [b"1"], [b"bad"], [b"2"]]
    await sink.write("t", partition=0, value=b"3")


async def test_a_batch_that_fails_takes_along_what_waits_behind_it(producers: list[Producer]) -> None:
    slow = Producer(held=True)
    producers.append(slow)
    sink = await started()
    first = sink.write("t", partition=0, value=b"1")
    await until(lambda: bool(slow.waiting))
    second = sink.write("t", partition=0, value=b"2")
    slow.waiting[0].set_exception(KafkaError())
    for one in (first, second):
        with pytest.raises(SinkUnavailable):
            await one
    assert slow.batches == [[b"1"]]


async def test_an_error_that_nobody_foresaw_costs_one_batch_and_not_the_way_out(producers: list[Producer]) -> None:
    odd = Producer()
    producers.append(odd)
    sink = await started()
    take, odd.send_batch = odd.send_batch, _surprise  # type: ignore[method-assign]
    with pytest.raises(SinkUnavailable, match="ZeroDivisionError"):
        await asyncio.wait_for(sink.write("t", partition=0, value=b"1"), 20)
    odd.send_batch = take  # type: ignore[method-assign]
    await asyncio.wait_for(sink.write("t", partition=0, value=b"2"), 20)
    assert odd.batches == [[b"2"]]


async def test_given_up_everybody_hears_it_and_a_late_answer_changes_nothing(producers: list[Producer]) -> None:
    slow, sound = Producer(held=True), Producer()
    producers += (slow, sound)
    sink = await started()
    flying = sink.write("t", partition=0, value=b"1")
    await until(lambda: bool(slow.waiting))
    waiting = sink.write("t", partition=0, value=b"2")
    sink.renew("a test")
    for one in (flying, waiting):
        with pytest.raises(SinkUnavailable, match="a test"):
            await one
    await until(lambda: not sink.not_ready())
    slow.waiting[0].set_result(None)
    await sink.write("t", partition=0, value=b"3")
    assert sound.batches == [[b"3"]]


async def test_a_record_over_the_cap_and_a_strange_partition_are_refused_at_once(producers: list[Producer]) -> None:
    producers.append(Producer())
    sink = await started()
    for partition, value in ((0, bytes(module.MOST_RECORD + 1)), (2, b"1")):
        with pytest.raises(SinkRefused):
            await sink.write("t", partition=partition, value=value)
    assert producers[0].batches == []


def test_without_crc32c_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(module.BadSettings, match="crc32c"):
        KafkaSink("nowhere:1", topics=("t",), partitions=2)


async def test_why_it_is_not_connected_is_said_when_it_changes_and_not_at_each_attempt(
    producers: list[Producer], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["nobody", "nobody", "nobody", "there is no topic t", "there is no topic t", ""])

    async def opened(*_: object) -> tuple[Producer | None, str]:
        why = next(answers)
        return (None, why) if why else (producers[0], "")

    producers.append(Producer())
    monkeypatch.setattr(module, "opened", opened)
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    with capture_logs() as said:
        sink = await started()
    assert [one["why"] for one in said if one["event"] == "kafka_not_ready"] == ["nobody", "there is no topic t"]
    await sink.close(deadline_s=0)


async def test_who_is_refused_says_why_and_does_not_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def opened(*_: object) -> tuple[None, str]:
        tried.append(f"{REFUSED}one:9093 refuses the user ann")
        return None, tried[-1]

    monkeypatch.setattr(module, "opened", opened)
    monkeypatch.setattr(module, "RETRY_S", 1_000.0)
    monkeypatch.setattr(module, "REFUSED_RETRY_S", 0.01)
    sink = KafkaSink("nowhere:1", topics=("t",), partitions=2)
    await sink.start()
    await until(lambda: len(tried) > 2)
    assert sink.not_ready() == tried[0]
    await sink.close(deadline_s=1)
