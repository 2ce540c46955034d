"""Doubles for the engine's own tests: a death that raises, a producer that keeps, a clock that is set by hand."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from faust.types import TP

from streams.engine.exits import BROKEN


class Died(Exception):
    """What `die` does in tests."""

    def __init__(self, reason: str, code: int, facts: dict[str, Any]) -> None:
        super().__init__(f"{reason} ({code}) {facts}")
        self.reason = reason
        self.code = code
        self.facts = facts


def raising(reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
    raise Died(reason, code, facts)


class FakeProducer:
    """Keeps what is sent; futures are resolved by the test."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes | None, bytes | None]] = []
        self.futures: list[asyncio.Future[object]] = []
        self.at_once = False
        self.ends: Counter[TP] = Counter()

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, partition: int
    ) -> asyncio.Future[object]:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.sent.append((topic, partition, key, value))
        self.futures.append(future)
        if self.at_once:
            self._land(future, TP(topic, partition))
        return future

    def acknowledge(self) -> None:
        for (topic, partition, *_), future in zip(self.sent, self.futures, strict=True):
            if not future.done():
                self._land(future, TP(topic, partition))

    def _land(self, future: asyncio.Future[object], tp: TP) -> None:
        future.set_result(SimpleNamespace(topic_partition=tp, offset=self.ends[tp]))
        self.ends[tp] += 1


class HandClock:
    """A clock in seconds that tests move."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def producer() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
