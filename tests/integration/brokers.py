"""A broker for a test: the embedded one, or a real Apache Kafka."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import pytest

from deploy.local.apache_jars import java_missing
from deploy.local.apache_kafka import start_apache_kafka
from deploy.local.embedded import embedded_broker

__all__ = ["BrokerKind", "broker", "needed"]

BrokerKind: TypeAlias = Literal["embedded", "apache"]


def needed(kind: BrokerKind) -> None:
    """Skip with a clear message where there is no Java; fail instead when `CI=true`."""
    missing = java_missing() if kind == "apache" else None
    if missing is not None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"Apache Kafka: {missing}")


@contextmanager
def broker(kind: BrokerKind) -> Iterator[str]:
    """A fresh broker; gives `host:port`."""
    if kind == "embedded":
        with embedded_broker() as bootstrap:
            yield bootstrap
        return
    place = Path(tempfile.mkdtemp(prefix="leadstream-kafka-"))
    try:
        with start_apache_kafka(place) as kafka:
            yield kafka.bootstrap_servers
    finally:
        shutil.rmtree(place, ignore_errors=True)
