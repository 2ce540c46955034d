"""While Kafka is away one look finds out for all: threads are few, and each look takes seconds."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError

from streams import window
from streams.window import Window, WindowShut

LONG_S = 60  # nothing here waits for so long


class Asked:
    """A lock that says how many asked for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = threading.Semaphore(0)

    def acquire(self, *, blocking: bool = True) -> bool:
        self._count.release()
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._lock.release()

    def once_more(self) -> None:
        assert self._count.acquire(timeout=LONG_S)


class Broker:
    """Connecting to it takes until a test says what comes of it: no answer, or a consumer without topics."""

    def __init__(self) -> None:
        self.tries: list[Future[Any]] = []
        self._begun = threading.Semaphore(0)

    def connected(self, _: object) -> Any:
        answer: Future[Any] = Future()
        self.tries.append(answer)
        self._begun.release()
        return answer.result(LONG_S)

    def asked(self) -> Future[Any]:
        """The next attempt to connect."""
        assert self._begun.acquire(timeout=LONG_S)
        return self.tries[-1]


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
    monkeypatch.setattr(one, "_lock", lock)
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
