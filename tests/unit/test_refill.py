"""When a part of Redis is filled again, when it is given up, and that nothing ends it. On real parts: integration."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from streams.engine.backread import Batch
from streams.engine.shell import Raw
from streams.errors import ReadingStopped
from streams.metrics import Metrics
from streams.readmodel.errors import ReadModelAway
from streams.refill import Refill

HELD = [("leads", 1), ("rejected", 0), ("alerts", 2), ("leads", 0)]


def raw(topic: str, offset: int) -> Raw:
    return Raw(topic, 0, offset, b"k%d" % offset, b"{}")


class Shell:
    def __init__(self) -> None:
        self.parts = list(HELD)

    def held(self, topics: Sequence[str]) -> list[tuple[str, int]]:
        return [one for one in self.parts if one[0] in topics]


class Kafka:
    """Two batches of two records of each part; `breaks` in the middle."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int | None]] = []
        self.breaks = False
        self.closed = 0

    async def read(self, topic: str, partition: int, *, newest: int | None = None) -> AsyncIterator[Batch]:
        self.asked.append((topic, partition, newest))
        try:
            yield Batch((), 0, 4)
            yield Batch([raw(topic, 0), raw(topic, 1)], 2, 4)
            if self.breaks:
                raise ReadingStopped("broken")
            yield Batch([raw(topic, 2), raw(topic, 3)], 4, 4)
        finally:
            self.closed += 1


class Fills:
    """What Redis says; `emptied` after so many notes."""

    def __init__(self) -> None:
        self.complete: set[str] = set()
        self.begun: list[tuple[str, int]] = []
        self.notes: list[tuple[str, int]] = []
        self.emptied_after: int | None = None
        self.away = False

    def lacking(self, parts: Sequence[str]) -> list[str]:
        if self.away:
            raise ReadModelAway("away")
        return [part for part in parts if part not in self.complete]

    def begin(self, part: str, *, total: int) -> None:
        self.begun.append((part, total))

    def note(self, part: str, *, done: int, total: int) -> bool:
        self.notes.append((part, done))
        return self.emptied_after is None or len(self.notes) <= self.emptied_after

    def end(self, part: str) -> bool:
        self.complete.add(part)
        return True


class Stage:
    def __init__(self) -> None:
        self.shell, self.kafka, self.fills, self.metrics = Shell(), Kafka(), Fills(), Metrics()
        self.written: list[str] = []
        self.refill = Refill(self.shell, self.kafka, fills=self.fills, write=self.write, metrics=self.metrics)  # type: ignore[arg-type]

    def write(self, **cards: Sequence[Any]) -> None:
        self.written += [name for entries in cards.values() for name, _ in entries]


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_what_lacks_is_read_alerts_first_and_only_once(stage: Stage) -> None:
    assert await stage.refill.look() == 4
    assert stage.kafka.asked == [("alerts", 2, None), ("leads", 0, None), ("leads", 1, None), ("rejected", 0, 1_000)]
    assert stage.fills.begun == [("alerts.2", 4), ("leads.0", 4), ("leads.1", 4), ("rejected.0", 4)]
    assert stage.written[:4] == ["k0", "k1", "k2", "k3"]
    assert stage.metrics.value("refilled_records", "leads") == 8
    assert await stage.refill.look() == 0
    assert len(stage.kafka.asked) == 4


async def test_a_redis_that_is_emptied_meanwhile_is_begun_again(stage: Stage) -> None:
    stage.fills.emptied_after = 0
    assert await stage.refill.look() == 0
    assert stage.fills.complete == set()
    stage.fills.emptied_after = None
    assert await stage.refill.look() == 4
    assert stage.kafka.closed == len(stage.kafka.asked) == 8, "every reader is closed"


async def test_a_part_that_moves_to_another_worker_is_given_up(stage: Stage) -> None:
    stage.shell.parts = [("leads", 0)]
    note = stage.fills.note

    def moved(part: str, *, done: int, total: int) -> bool:
        stage.shell.parts = []
        return note(part, done=done, total=total)

    stage.fills.note = moved  # type: ignore[method-assign]
    assert await stage.refill.look() == 0
    assert (stage.fills.notes, stage.fills.complete, stage.kafka.closed) == ([("leads.0", 2)], set(), 1)


async def test_where_kafka_breaks_it_is_not_called_complete(stage: Stage) -> None:
    stage.kafka.breaks = True
    with pytest.raises(ReadingStopped):
        await stage.refill.look()
    assert stage.fills.complete == set()
    stage.kafka.breaks = False
    assert await stage.refill.look() == 4


async def test_while_redis_is_away_nothing_is_read(stage: Stage) -> None:
    stage.fills.away = True
    with pytest.raises(ReadModelAway):
        await stage.refill.look()
    assert stage.kafka.asked == []
