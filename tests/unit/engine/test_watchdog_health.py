"""What ends a worker that stands still, and what a supervisor can ask it."""

import json
import socket
import struct
import threading
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from faust.types import TP

from streams.engine.faust.watchdog import Watchdog
from streams.engine.guards.health import Health
from streams.engine.startup import missing
from streams.metrics import Metrics
from tests.unit.engine.conftest import Died, HandClock, raising

INBOX, CARDS = TP("inbox", 0), TP("cards", 0)


@pytest.fixture
def watchdog(clock: HandClock) -> Watchdog:
    app: Any = SimpleNamespace()
    return Watchdog(
        app, stall_s=60, patient=lambda topic: topic == "cards", metrics=Metrics(), clock=clock, die=raising
    )


def test_lag_without_a_commit_ends_the_process(watchdog: Watchdog, clock: HandClock) -> None:
    watchdog.judge({INBOX: 10}, {INBOX: 5})
    clock.now += 61
    with pytest.raises(Died, match="lag"):
        watchdog.judge({INBOX: 10}, {INBOX: 5})


def test_slow_is_not_still(watchdog: Watchdog, clock: HandClock) -> None:
    for position in range(5):
        watchdog.judge({INBOX: 10}, {INBOX: position})
        clock.now += 59


def test_a_partition_that_waits_its_turn_while_others_move_is_given_time(watchdog: Watchdog, clock: HandClock) -> None:
    """A worker that catches up is healthy; one partition that never moves is not."""
    other, turn = TP("inbox", 1), 0
    while clock.now < 1_000 + 590:
        watchdog.judge({INBOX: 10, other: 10_000}, {INBOX: 5, other: turn})
        clock.now += 10
        turn += 1
    clock.now += 20
    with pytest.raises(Died, match="lag"):
        watchdog.judge({INBOX: 10, other: 10_000}, {INBOX: 5, other: turn})


def test_a_partition_without_news_gives_no_other_more_time(watchdog: Watchdog, clock: HandClock) -> None:
    quiet = TP("inbox", 1)
    for _ in range(7):
        watchdog.judge({INBOX: 10, quiet: 7}, {INBOX: 5, quiet: 7})
        clock.now += 10
    with pytest.raises(Died, match="lag"):
        watchdog.judge({INBOX: 10, quiet: 7}, {INBOX: 5, quiet: 7})


def test_nothing_to_read_is_no_stall(watchdog: Watchdog, clock: HandClock) -> None:
    watchdog.judge({INBOX: 5}, {INBOX: 5})
    clock.now += 1_000
    watchdog.judge({INBOX: 5}, {INBOX: 5})
    watchdog.judge({INBOX: 6}, {INBOX: 5})
    clock.now += 59
    watchdog.judge({INBOX: 6}, {INBOX: 5})


def test_cards_may_wait_for_redis(watchdog: Watchdog, clock: HandClock) -> None:
    watchdog.judge({CARDS: 10}, {CARDS: 5})
    clock.now += 1_000
    watchdog.judge({CARDS: 10}, {CARDS: 5})


def test_health_answers_from_its_own_thread() -> None:
    why = ""
    metrics = Metrics()
    health = Health(age_s=lambda: 0.1, ready=lambda: why, exposed=metrics.exposed)
    address = f"http://127.0.0.1:{health.serve('127.0.0.1', 0)}"
    assert json.load(urlopen(f"{address}/healthz"))["alive"]
    assert json.load(urlopen(f"{address}/readyz"))["ready"]
    assert b"leadstream_folds_total" in urlopen(f"{address}/metrics").read()
    why = "rows"
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{address}/readyz")
    assert refused.value.code == 503
    refused.value.close()
    with pytest.raises(HTTPError) as lost:
        urlopen(f"{address}/table")
    assert lost.value.code == 404
    lost.value.close()


def test_a_probe_that_gives_up_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    asked = threading.Event()
    heard = threading.Event()

    def exposed() -> bytes:
        asked.set()
        heard.wait(60)
        return b"x" * (8 << 20)  # more than a socket takes at once

    health = Health(age_s=lambda: 0.1, ready=lambda: "", exposed=exposed)
    port = health.serve("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", port)) as probe:
        probe.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert asked.wait(20)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    before = {one.name for one in threading.enumerate() if "process_request" in one.name}
    heard.set()
    for one in threading.enumerate():
        if one.name in before:
            one.join(60)
    assert "Traceback" not in capfd.readouterr().err


def test_a_loop_that_hangs_is_not_alive() -> None:
    health = Health(age_s=lambda: 11, ready=lambda: "", exposed=bytes)
    assert health.answer("/healthz")[0] == 503


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param({"a": 4, "b": 4}, "", id="all there"),
        pytest.param({"a": 4}, "topics are missing: b; run `leadstream topics apply`", id="one missing"),
        pytest.param({"a": 4, "b": 3}, "LEADSTREAM_KAFKA__PARTITIONS is 4, but b has 3 partitions", id="uneven"),
    ],
)
def test_what_is_wrong_with_the_topics(found: dict[str, int], said: str) -> None:
    assert missing(found, ["a", "b"], partitions=4) == said
