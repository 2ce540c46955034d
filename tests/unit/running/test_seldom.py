"""What libraries say forty times a second stands in the log twice a minute, and what we say again word for word."""

import logging

import pytest

from running.seldom import REMEMBERED, Seldom
from tests.unit.engine.conftest import HandClock


def record(name: str = "aiokafka", *, line: int = 1, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, "/lib/client.py", line, "Unable connect to node %s", ("1",), None)


@pytest.fixture
def seldom() -> tuple[Seldom, HandClock]:
    clock = HandClock()
    return Seldom(libraries=("aiokafka",), clock=clock), clock


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


def test_what_is_no_warning_always_passes(seldom: tuple[Seldom, HandClock]) -> None:
    one, _ = seldom
    assert all(one.filter(record(level=logging.INFO)) for _ in range(3))


def ours(**facts: object) -> logging.LogRecord:
    said = {"event": "live_channel_lost", **facts}
    return logging.LogRecord("streams.readmodel", logging.WARNING, "/reader.py", 1, said, None, None)


def test_what_we_say_again_word_for_word_is_counted_whenever_it_is_said(seldom: tuple[Seldom, HandClock]) -> None:
    one, clock = seldom
    assert one.filter(ours(error="TimeoutError", timestamp=0))
    assert one.filter(ours(error="ConnectionError", timestamp=1))
    for second in range(2, 30):
        clock.now += 1
        assert not one.filter(ours(error="ConnectionError", timestamp=second))
    clock.now += 2
    last = ours(error="ConnectionError", timestamp=30)
    assert one.filter(last)
    assert last.msg == {"event": "live_channel_lost", "error": "ConnectionError", "timestamp": 30, "more_like_it": 28,
                        "within_s": 30}  # fmt: skip


def test_of_many_different_lines_a_bounded_number_is_remembered(seldom: tuple[Seldom, HandClock]) -> None:
    one, _ = seldom
    assert all(one.filter(ours(post_id=number)) for number in range(2 * REMEMBERED))
    assert len(one._said) == REMEMBERED
