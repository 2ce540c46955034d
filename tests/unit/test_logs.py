"""What libraries say forty times a second stands in the log twice a minute."""

import logging

import pytest

from streams.logs import Seldom
from tests.unit.engine.conftest import HandClock


def record(name: str = "aiokafka", *, line: int = 1, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, "/lib/client.py", line, "Unable connect to node %s", ("1",), None)


@pytest.fixture
def seldom() -> tuple[Seldom, HandClock]:
    clock = HandClock()
    return Seldom(clock=clock), clock


def test_a_line_that_comes_again_is_counted_instead(seldom: tuple[Seldom, HandClock]) -> None:
    one, clock = seldom
    assert one.filter(record())
    for _ in range(1_200):
        clock.now += 0.024
        assert not one.filter(record())
    clock.now += 2
    last = record()
    assert one.filter(last)
    assert last.getMessage() == "Unable connect to node 1 [1200 more like it in the last 31 s]"


def test_each_line_of_code_is_one_of_its_own(seldom: tuple[Seldom, HandClock]) -> None:
    one, _ = seldom
    assert one.filter(record(line=1))
    assert one.filter(record(line=2))
    assert not one.filter(record(line=2))


@pytest.mark.parametrize("free", [record("streams.engine"), record(level=logging.INFO)], ids=["ours", "no warning"])
def test_what_we_say_and_what_is_no_warning_always_passes(
    seldom: tuple[Seldom, HandClock], free: logging.LogRecord
) -> None:
    one, _ = seldom
    assert all(one.filter(free) for _ in range(3))
