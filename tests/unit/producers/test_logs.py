"""The collector's log, put together: what each request asks for stands in it twice a minute."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from producers import logs

TOUCHED = ("", "producers", "aiokafka", "aiokafka.conn")


@pytest.fixture(autouse=True)
def set_up() -> Iterator[None]:
    """The logs of a collector, for a while."""
    root, granian, before = logging.getLogger(), logging.getLogger("_granian"), structlog.get_config()
    handlers, filters = root.handlers[:], granian.filters[:]
    levels = {name: logging.getLogger(name).level for name in TOUCHED}
    yield
    root.handlers[:], granian.filters[:] = handlers, filters
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(**before)


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_of_each_request_is_counted_instead(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    log = structlog.get_logger("producers")
    for _ in range(50):
        log.warning("not_safe", why="Kafka is away")
    log.warning("not_safe", why="the spool is full")
    log.info("kafka_ready", partitions=4)
    said = written(capsys)
    assert [one.pop("timestamp")[-1] for one in said] == ["Z"] * 3
    assert said == [
        {"event": "not_safe", "why": "Kafka is away", "level": "warning"},
        {"event": "not_safe", "why": "the spool is full", "level": "warning"},
        {"event": "kafka_ready", "partitions": 4, "level": "info"},
    ]


def test_below_its_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("error")
    structlog.get_logger("producers").warning("not_safe", why="Kafka is away")
    logging.getLogger("aiokafka").error("Unable to connect")
    assert written(capsys) == []
