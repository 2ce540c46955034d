"""Records between the fetcher and the agents: order, bounds, and what is left when partitions move."""

import asyncio
from typing import Any, NamedTuple

import pytest
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP

from streams.engine.reading.drain import Open
from streams.engine.reading.intake import BEHIND_AT, BUSY_AT, Inbox, Intake
from tests.unit.engine.faust.test_faust_fixes import engine_app, stock_app

VISITS, MORE = TP("visits", 0), TP("visits", 1)


class Fetched(NamedTuple):
    offset: int
    key: bytes | None = None
    value: bytes | None = b"[]"
    topic: str = "visits"
    partition: int = 0


def fetched(*offsets: int, size: int = 2) -> list[Fetched]:
    return [Fetched(offset, value=b"x" * size) for offset in offsets]


async def read(inbox: Inbox, count: int) -> list[tuple[int, int]]:
    """Partition and offset of the next few."""
    return [(tp.partition, record.offset) for tp, record in [await anext(inbox) for _ in range(count)]]


# ─── the inbox
async def test_partitions_take_turns_and_keep_their_order() -> None:
    inbox = Inbox(set())
    inbox.put(VISITS, fetched(5, 6, 7))
    inbox.put(MORE, fetched(1, 2))
    assert await read(inbox, 5) == [(0, 5), (1, 1), (0, 6), (1, 2), (0, 7)]
    assert inbox.empty


async def test_a_reader_waits_for_what_comes() -> None:
    inbox = Inbox(set())
    reading = asyncio.create_task(anext(inbox))
    await asyncio.sleep(0)
    assert not reading.done()
    inbox.put(VISITS, fetched(3))
    assert (await asyncio.wait_for(reading, 20))[1].offset == 3


async def test_a_partition_that_holds_too_much_is_closed_until_half_of_it_is_read() -> None:
    full: set[TP] = set()
    inbox = Inbox(full, most=100)
    inbox.put(VISITS, fetched(*range(12), size=10))
    inbox.put(MORE, fetched(0, size=10))
    assert full == {VISITS}
    assert inbox.waiting_bytes == 130
    await read(inbox, 7)
    assert full == {VISITS}
    await read(inbox, 2)
    assert full == set()


async def test_what_is_cleared_is_open_again() -> None:
    intake = Intake()
    visits, touches = intake.inbox(["visits"]), intake.inbox(["touches"])
    visits._most = 1
    intake.put(VISITS, fetched(1, 2))
    assert (intake.full, visits.waiting, intake.waiting_bytes) == ({VISITS}, 2, 4)
    intake.clear()
    assert (intake.full, intake.waiting_bytes, visits.empty, touches.empty) == (set(), 0, True, True)


async def test_cards_that_wait_for_redis_make_nobody_busy() -> None:
    intake = Intake(urgent=["visits"])
    intake.inbox(["visits"])
    intake.inbox(["leads"])
    intake.put(TP("leads", 0), fetched(*range(100)))
    assert intake.load == "calm"
    intake.put(VISITS, fetched(*range(BUSY_AT + 1)))
    assert intake.load == "busy"


async def test_who_holds_a_tenth_of_a_second_of_work_is_behind() -> None:
    intake = Intake(urgent=["visits", "touches"])
    visits, _ = intake.inbox(["visits"]), intake.inbox(["touches"])
    intake.put(VISITS, fetched(0, 1, size=BEHIND_AT // 2))
    assert intake.load == "calm"
    intake.put(TP("touches", 0), fetched(0))
    assert intake.load == "behind"
    await read(visits, 1)
    assert intake.load == "calm"


# ─── the consumer's last step
class Tap:
    """A consumer whose fetches are given by hand."""

    def __init__(self, *, active: set[TP]) -> None:
        self.app: Any = engine_app()
        self.app.intake = self.intake = Intake()
        self.inbox = self.intake.inbox(["visits"])
        self.consumer: Any = self.app.consumer
        self.consumer._active_partitions = active
        self.consumer.resume_flow()
        self.consumer._getmany = self._getmany
        self.consumer.perform_seek = self._seek
        self.asked: list[set[TP]] = []
        self.brings: dict[TP, list[Fetched]] = {}
        self.meanwhile: Any = lambda: None
        self.sought = 0

    async def _getmany(self, *, active_partitions: Open, **_: float) -> dict[TP, list[Fetched]]:
        self.asked.append({tp for tp in (VISITS, MORE) if tp in active_partitions})
        self.meanwhile()
        return self.brings

    async def _seek(self) -> None:
        self.sought += 1


async def test_a_whole_fetch_is_laid_down_at_once() -> None:
    tap = Tap(active={VISITS, MORE})
    tap.brings = {VISITS: fetched(1, 2, 3), MORE: fetched(9)}
    await tap.consumer._drain()
    assert await read(tap.inbox, 4) == [(0, 1), (1, 9), (0, 2), (0, 3)]


async def test_a_full_partition_is_not_asked_for() -> None:
    tap = Tap(active={VISITS, MORE})
    tap.intake.full.add(VISITS)
    await tap.consumer._drain()
    assert tap.asked == [{MORE}]


async def slept_where_nothing_may_be_read(consumer: Any, step: Any) -> float:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    consumer.sleep = sleep
    consumer.resume_flow()
    consumer._active_partitions = set()
    await step(consumer)
    return max(slept)


async def test_stock_sleeps_a_second_where_all_partitions_are_full() -> None:
    slept = await slept_where_nothing_may_be_read(stock_app().consumer, lambda one: one._wait_next_records(1.0))
    assert slept == 1


async def test_ours_looks_again_soon() -> None:
    tap = Tap(active=set())
    assert await slept_where_nothing_may_be_read(tap.consumer, lambda one: one._drain()) < 0.1
    assert not tap.asked


async def test_moving_partitions_empties_the_inboxes_before_anything_is_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tap = Tap(active={VISITS})
    left: list[bool] = []

    async def stock(_: object) -> None:
        left.append(tap.inbox.empty)

    monkeypatch.setattr(Consumer, "wait_empty", stock)
    tap.intake.put(VISITS, fetched(1))
    await tap.consumer.wait_empty()
    assert left == [True]
    tap.intake.put(VISITS, fetched(1))
    tap.consumer.stop_flow()
    assert tap.inbox.empty


async def test_what_a_fetch_brings_after_the_flow_was_stopped_is_read_again() -> None:
    tap = Tap(active={VISITS})
    tap.brings = {VISITS: fetched(1)}
    tap.meanwhile = tap.consumer.stop_flow
    await tap.consumer._drain()
    assert tap.inbox.empty
    assert tap.sought == 1


async def test_a_partition_that_was_paused_under_a_fetch_is_left_out() -> None:
    tap = Tap(active={VISITS, MORE})
    tap.brings = {VISITS: fetched(1), MORE: fetched(2)}
    tap.meanwhile = lambda: tap.consumer.pause_partitions({VISITS})
    await tap.consumer._drain()
    assert await read(tap.inbox, 1) == [(1, 2)]
    assert tap.inbox.empty
