"""A console that started without Kafka: who acts at the same time hears at the same time that nobody is there."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from kafka.errors import KafkaConnectionError

from streams import inbox
from streams.inbox import DoorClosed, KafkaDoor, Put
from tests.unit.away import LONG_S, Asked, Broker

ONE = [Put("signals", 0, b"[]")]


def closed(put: "Future[None]") -> str:
    with pytest.raises(DoorClosed) as found:
        put.result(LONG_S)
    return str(found.value)


def test_who_waits_while_another_finds_nobody_does_not_try_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, lock, door = Broker(), Asked(), KafkaDoor("kafka:9092", partitions=4)
    monkeypatch.setattr(inbox, "_producer", broker.connected)
    monkeypatch.setattr(inbox, "because", lambda _, error: str(error))
    monkeypatch.setattr(door._turns, "lock", lock)
    with ThreadPoolExecutor(8) as threads:

        def puts() -> "Future[None]":
            under_way = threads.submit(door.put, ONE)
            lock.once_more()
            return under_way

        first = puts()
        attempt = broker.asked()
        waiting = [puts() for _ in range(3)]
        attempt.set_exception(KafkaConnectionError("nobody"))
        assert {closed(one) for one in (first, *waiting)} == {"KafkaConnectionError: nobody"}
        assert len(broker.tries) == 1

        later = puts()  # whoever comes afterwards tries again
        attempt = broker.asked()
        assert closed(puts()) == "KafkaConnectionError: nobody", "at once, while another one finds out"
        acknowledged = SimpleNamespace(get=lambda timeout: timeout)
        attempt.set_result(SimpleNamespace(send=lambda *_, **__: acknowledged))
        later.result(LONG_S)
        puts().result(LONG_S)
    assert len(broker.tries) == 2
