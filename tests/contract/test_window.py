"""The window and the tail on the embedded broker: what lies in Kafka is seen as it is, and nobody's offsets move."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from streams.window import Seen, Tail, Window, WindowShut
from tests.faults.proxy import PASS, Mode
from tests.faults.spooling_collector import through_proxy
from tests.integration.brokers import broker
from tests.integration.bus import Bus

pytestmark = pytest.mark.kafka
PREFIX = "window."


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    with broker("embedded") as bootstrap, closing(Bus(bootstrap, prefix=PREFIX, app_id="window")) as one:
        one.create()
        yield one


@pytest.fixture
def window(bus: Bus) -> Iterator[Window]:
    made = Window(bus.bootstrap, topic_prefix=PREFIX)
    yield made
    made.close()


def test_stretches_are_read_exactly(bus: Bus, window: Window) -> None:
    assert window.bounds("touches") == dict.fromkeys(range(4), (0, 0))
    bus.write("touches", [(1, b"%d" % n) for n in range(1_200)])
    assert window.bounds("touches")[1] == (0, 1_200)
    for first, end in ((1_000, 1_200), (0, 1), (37, 690), (1_199, 1_200)):
        found = window.between("touches", 1, first=first, end=end)
        assert [one.value for one in found] == [b"%d" % n for n in range(first, end)]
        assert [one.offset for one in found] == list(range(first, end))
    full = bus.full("touches")
    assert (window.record(full, 1, 7), window.record("no.such.topic", 0, 0), window.record(full, 9, 0)) == (
        b"7", None, None,
    )  # fmt: skip


def test_an_end_is_told_as_it_is_now_also_where_kafka_answers_late() -> None:
    """Not as it was the last time that somebody looked."""
    with through_proxy() as (bootstrap, line), closing(Bus(bootstrap, prefix=PREFIX, app_id="window")) as bus:
        bus.create()
        with closing(Window(bootstrap, topic_prefix=PREFIX)) as window:
            for n in (3, 6, 9):
                bus.write("touches", [(1, b"%d" % n)] * 3)
                line.turn(Mode(delay_s=0.3))  # more than a look waits for one answer
                assert window.bounds("touches")[1] == (0, n)
                line.turn(PASS)


def read(tail: Tail, count: int) -> list[Seen]:
    found: list[Seen] = []
    for _ in range(600):
        found += tail.poll(100)
        if len(found) >= count:
            break
    return found


def test_a_tail_brings_what_comes_from_now_on_and_can_pass_over(bus: Bus) -> None:
    bus.write("visits", [(0, b"before")] * 50)
    tail = Tail(bus.bootstrap, ["visits", "rejected"], topic_prefix=PREFIX)
    tail.open()
    try:
        bus.write("visits", [(0, b"a"), (3, b"b")])
        bus.write("rejected", [(2, b"c")])
        assert {(one.topic, one.partition, one.value) for one in read(tail, 3)} == {
            ("visits", 0, b"a"), ("visits", 3, b"b"), ("rejected", 2, b"c"),
        }  # fmt: skip
        bus.write("visits", [(0, b"much")] * 3_000)
        assert 0 < len(read(tail, 1)) < 3_000
        while not tail.behind():  # the answer may have come while they were being written
            assert read(tail, 1)
        assert tail.skip() > 0
        bus.write("visits", [(0, b"after")])
        assert [one.value for one in read(tail, 1)] == [b"after"]
    finally:
        tail.close()


def test_a_topic_that_is_not_there_says_what_to_do(bus: Bus) -> None:
    window, tail = Window(bus.bootstrap, topic_prefix="none."), Tail(bus.bootstrap, ["visits"], topic_prefix="none.")
    with closing(window), closing(tail):
        for look in (lambda: window.bounds("rejected"), tail.open):
            with pytest.raises(WindowShut, match="leadstream topics apply"):
                look()


def test_without_kafka_it_says_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.window.PATIENCE_S", 0.5)
    window, tail = Window("127.0.0.1:1"), Tail("127.0.0.1:1", ["visits"])
    with closing(window), closing(tail):
        for look in (lambda: window.bounds("rejected"), tail.open):
            with pytest.raises(WindowShut, match=r"127\.0\.0\.1:1"):
                look()
