"""How long a channel that fails is left in peace, and who asks whether it is back."""

import asyncio

import pytest

from streams.channels import rest
from streams.channels.rest import Rest
from tests.unit.clocks import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock[float]:
    """Sleeping moves it."""
    one, sleep = Clock(0.0), asyncio.sleep

    async def slept(seconds: float) -> None:
        one.now += seconds
        await sleep(0)

    monkeypatch.setattr(rest.asyncio, "sleep", slept)
    return one


async def test_each_rest_is_twice_the_last_and_a_minute_at_most(clock: Clock[float]) -> None:
    one = Rest(clock=clock, chance=lambda: 1)
    rests = []
    for _ in range(9):
        one.failed(retry_after_s=0)
        one.failed(retry_after_s=0)  # it was under way together with the first
        before = clock.now
        await one.over()
        rests.append(clock.now - before)
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_the_receiver_may_ask_for_more(clock: Clock[float]) -> None:
    one = Rest(clock=clock, chance=lambda: 0)
    one.failed(retry_after_s=30)
    await one.over()
    assert clock.now == 15, "half of it at least, so that many workers do not come back at once"
    one.failed(retry_after_s=7_200)
    await one.over()
    assert clock.now == 45, "a minute at most"


async def test_one_attempt_asks_and_all_go_on_when_it_worked(clock: Clock[float]) -> None:
    one = Rest(clock=clock, chance=lambda: 1)
    one.failed(retry_after_s=0)
    passed: list[int] = []

    async def attempt(number: int) -> None:
        await one.over()
        passed.append(number)

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(attempt(number))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(passed) == 1
        assert not one.is_open
        one.worked()
    assert sorted(passed) == [0, 1, 2]
    assert one.is_open


async def test_when_the_attempt_fails_the_next_one_asks(clock: Clock[float]) -> None:
    one = Rest(clock=clock, chance=lambda: 1)
    one.failed(retry_after_s=0)
    await one.over()
    waiting = asyncio.ensure_future(one.over())
    await asyncio.sleep(0)
    one.failed(retry_after_s=0)
    async with asyncio.timeout(20):
        await waiting
    assert clock.now == 1 + 2
