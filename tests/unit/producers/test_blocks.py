"""Blocks: a lone delivery at once, a crowd together, none above the limit."""

import asyncio

import pytest

from producers.collector.blocks import Blocks
from producers.collector.latch import Latch
from producers.collector.spool.outstanding import Outstanding
from producers.errors import SinkError, SinkFull, SinkUnavailable
from producers.sinks.memory import MemorySink
from tests.unit.clocks import Clock


def blocks(sink: MemorySink, *, wait_s: float = 0.005, limit: int = 100, timeout_s: float = 5) -> Blocks:
    outstanding = Outstanding(sink, most=1_000)
    loop = asyncio.get_running_loop()
    return Blocks(
        loop, sink, outstanding, topic="t", partitions=2, wait_s=wait_s, limit=limit, timeout_s=timeout_s
    )  # fmt: skip


async def test_a_lone_delivery_leaves_at_once() -> None:
    sink = MemorySink()
    made = blocks(sink, wait_s=60)
    made.add(0, b"1", Latch(asyncio.get_running_loop()))
    await asyncio.sleep(0)
    assert sink.values("t") == [b"[1]"]


async def test_a_crowd_waits_for_one_block_and_all_partitions_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(100.0)  # the loop's: it is not later before the test says so, whatever else the machine does
    monkeypatch.setattr(asyncio.get_running_loop(), "time", clock)
    sink = MemorySink()
    made = blocks(sink, wait_s=0.05)
    latch = Latch(asyncio.get_running_loop())
    made.add(0, b"1", latch)
    await asyncio.sleep(0)
    for message in (b"2", b"3"):
        made.add(0, message, latch)
    made.add(1, b"9", latch)
    await asyncio.sleep(0)
    assert sink.values("t") == [b"[1]"]
    clock.now += 0.05
    await latch.wait()
    assert (sink.values("t", partition=0), sink.values("t", partition=1)) == ([b"[1]", b"[2,3]"], [b"[9]"])


async def test_no_block_grows_over_its_limit() -> None:
    sink = MemorySink()
    made = blocks(sink, wait_s=60, limit=100)
    latch = Latch(asyncio.get_running_loop())
    made.add(0, b"0", latch)
    await asyncio.sleep(0)
    for _ in range(4):
        made.add(0, b"x" * 40, latch)
    assert [len(value) for value in sink.values("t")] == [3, 83]
    made.add(0, b"y" * 200, latch)  # alone where it is too long by itself
    assert [len(value) for value in sink.values("t")] == [3, 83, 83, 202]
    await asyncio.wait_for(latch.wait(), 20)


async def test_what_waits_is_counted_until_it_is_acknowledged() -> None:
    sink = MemorySink(held=True)
    outstanding = Outstanding(sink, most=50)
    made = Blocks(
        asyncio.get_running_loop(), sink, outstanding, topic="t", partitions=1, wait_s=0, limit=1_000, timeout_s=5
    )
    latch = Latch(asyncio.get_running_loop())
    made.add(0, b"x" * 40, latch)
    outstanding.admit(1)
    outstanding.write("other", partition=0, key=b"k", value=b"y" * 11, latch=latch)
    with pytest.raises(SinkFull):
        outstanding.admit(1)
    made.flush()
    sink.acknowledge()
    await latch.wait()
    assert outstanding.size == 0


async def test_one_lost_block_fails_every_request_in_it_and_no_other() -> None:
    sink = MemorySink(held=True)
    made = blocks(sink, wait_s=0)
    lost, safe = (Latch(asyncio.get_running_loop()) for _ in range(2))
    made.add(0, b"1", lost)
    made.flush()
    sink.fail("gone")
    made.add(1, b"2", safe)
    made.flush()
    sink.acknowledge()
    with pytest.raises(SinkUnavailable, match="gone"):
        await lost.wait()
    await safe.wait()


async def test_an_answer_that_comes_too_late_fails_the_request_but_is_still_counted() -> None:
    sink = MemorySink(held=True)
    made = blocks(sink, timeout_s=0.01)
    latch = Latch(asyncio.get_running_loop())
    made.add(0, b"1", latch)
    with pytest.raises(SinkError, match="no acknowledgement"):
        await asyncio.wait_for(latch.wait(), 20)
    assert made.stalled()
    sink.acknowledge()
    await asyncio.sleep(0)
    assert not made.stalled()


async def test_a_latch_without_records_is_open() -> None:
    await asyncio.wait_for(Latch(asyncio.get_running_loop()).wait(), 20)
