"""Doubles for the engine's own tests: a death that raises, a producer that keeps, a clock that is set by hand."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from faust.types import TP

from streams.engine.guards.exits import BROKEN


class Died(Exception):
    """What `die` does in tests."""

    def __init__(self, reason: str, code: int, facts: dict[str, Any]) -> None:
        super().__init__(f"{reason} ({code}) {facts}")
        self.reason = reason
        self.code = code
        self.facts = facts


def raising(reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
    raise Died(reason, code, facts)


class FakeBatch:
    """Takes so many bytes of keys and values, and one record in any case."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.records: list[tuple[bytes | None, bytes | None]] = []

    def fill(self, records: Sequence[tuple[bytes | None, bytes | None]]) -> int:
        for key, value in records:
            self.room -= len(key or b"") + len(value or b"")
            if self.room < 0 and self.records:
                break
            self.records.append((key, value))
        return len(self.records)


class FakeProducer:
    """Keeps what is sent; futures, one a batch, are resolved by the test."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes | None, bytes | None]] = []
        self.batches: list[int] = []
        self.futures: list[asyncio.Future[object]] = []
        self.at_once = False
        self.ends: Counter[TP] = Counter()
        self._places: list[TP] = []
        self.batch_bytes = 1_000_000

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.batch_bytes)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[object]:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.sent += [(topic, partition, key, value) for key, value in batch.records]
        self.batches.append(len(batch.records))
        self.futures.append(future)
        self._places.append(TP(topic, partition))
        if self.at_once:
            self.land(future)
        return future

    def acknowledge(self) -> None:
        for future in self.futures:
            if not future.done():
                self.land(future)

    def land(self, future: asyncio.Future[object]) -> None:
        """One batch is on all replicas."""
        which = self.futures.index(future)
        tp = self._places[which]
        future.set_result(SimpleNamespace(topic_partition=tp, offset=self.ends[tp]))
        self.ends[tp] += self.batches[which]


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
