"""The Kafka sink where no broker is needed: what it does when its producer is spoilt."""

import asyncio
from typing import Any

import pytest
from kafka.errors import KafkaError
from kafka.future import Future as KafkaFuture

from producers.errors import SinkUnavailable
from producers.sinks import kafka as module
from producers.sinks.kafka import KafkaSink
from tests.unit.producers.desk import until


class Producer:
    """Answers every send at once, with success or with failure."""

    def __init__(self, *, spoilt: bool) -> None:
        self.spoilt = spoilt
        self.closed = False

    def partitions_for(self, topic: str) -> set[int]:
        return {0, 1}

    def send(self, topic: str, **record: Any) -> KafkaFuture:
        return KafkaFuture().failure(KafkaError("forgotten id")) if self.spoilt else KafkaFuture().success(None)

    def close(self, *, timeout: float) -> None:
        self.closed = True


async def test_a_spoilt_producer_is_replaced_and_writing_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt, sound = Producer(spoilt=True), Producer(spoilt=False)
    made = iter((spoilt, sound))
    monkeypatch.setattr(KafkaSink, "_open", lambda _: next(made))
    monkeypatch.setattr(module, "RENEW_AFTER_S", 0.05)
    sink = KafkaSink("nowhere:1", topics=("t",), partitions=2)
    await sink.start()
    await until(lambda: not sink.not_ready())
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


def test_without_crc32c_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(module.BadSettings, match="crc32c"):
        KafkaSink("nowhere:1", topics=("t",), partitions=2)
