"""While Kafka is away one look finds out for all: threads are few, and each look takes seconds."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from kafka.errors import KafkaConnectionError

from streams import window
from streams.window import Window, WindowShut
from tests.unit.away import LONG_S, Asked, Broker


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(window, "_connected", made.connected)
    monkeypatch.setattr(window, "because", lambda _, error: str(error))
    return made


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], "Future[object]"]]:
    """A look in a thread; back when it has asked for its turn."""
    one, lock = Window("kafka:9092"), Asked()
    monkeypatch.setattr(one._turns, "lock", lock)
    with ThreadPoolExecutor(8) as threads:

        def looks() -> "Future[object]":
            under_way = threads.submit(one.record, "topic", 0, 0)
            lock.once_more()
            return under_way

        yield looks


def shut(look: "Future[object]") -> str:
    with pytest.raises(WindowShut) as found:
        look.result(LONG_S)
    return str(found.value)


def test_while_kafka_is_away_one_look_finds_out_for_all(broker: Broker, look: Callable[[], "Future[object]"]) -> None:
    first = look()
    attempt = broker.asked()
    waiting = [look() for _ in range(3)]
    attempt.set_exception(KafkaConnectionError("nobody"))
    assert {shut(one) for one in (first, *waiting)} == {"Kafka at kafka:9092: KafkaConnectionError: nobody"}
    assert len(broker.tries) == 1, "those that waited heard the same"

    again = look()
    attempt = broker.asked()
    assert shut(look()) == "Kafka at kafka:9092: KafkaConnectionError: nobody", "at once, while another one finds out"
    attempt.set_result(SimpleNamespace(partitions_for_topic=lambda _: None))
    assert again.result(LONG_S) is None, "Kafka is back, and has no such topic"
    assert look().result(LONG_S) is None
    assert len(broker.tries) == 2
