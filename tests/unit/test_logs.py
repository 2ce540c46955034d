"""The logs of worker and console, put together."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from streams import logs


@contextmanager
def set_up() -> Iterator[None]:
    """The logs of a process of ours, for a while."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure("info")
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**before)


def test_an_outage_is_one_line_however_often_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with set_up():
        for _ in range(5):
            structlog.get_logger("streams.console.live.arrivals").warning("arrivals_away", error="Kafka is away")
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == ["arrivals_away"]
