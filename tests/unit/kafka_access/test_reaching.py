"""An outage of a night does not use up a console's descriptors, and is over for it when it is over."""

import gc
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from deploy.local.ports import HOST, free_ports
from kafka_access.reaching import reached

OPEN = Path("/proc/self/fd")

pytestmark = pytest.mark.skipif(not OPEN.exists(), reason="no /proc to count descriptors in")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def descriptors() -> int:
    """Open ones, but those that only a cycle of Python's still holds."""
    gc.collect()
    return sum(1 for _ in OPEN.iterdir())


@pytest.mark.parametrize("kind", [KafkaConsumer, KafkaProducer, KafkaAdminClient])
def test_nothing_is_left_of_who_was_not_let_in(kind: Any) -> None:
    (port,) = free_ports(1)
    threads, before = set(threading.enumerate()), descriptors()
    for _ in range(3):
        with pytest.raises(KafkaError):
            reached(kind, f"{HOST}:{port}", bootstrap_timeout_ms=50)
    assert set(threading.enumerate()) == threads
    assert descriptors() <= before


def test_a_broker_that_is_back_is_asked_within_a_second() -> None:
    told: dict[str, Any] = reached(dict, "kafka:9092")
    assert (told["bootstrap_servers"], told["reconnect_backoff_max_ms"]) == ("kafka:9092", 1_000)
