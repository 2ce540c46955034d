"""A broker for a test: the embedded one, a real Apache Kafka, or three nodes of it.

`LEADSTREAM_FAULTS_NODES=1` or `3` gives every test of faults that many nodes of Apache Kafka, where it is not about a
number of its own (`given`).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

import pytest

from deploy.local.apache_jars import java_missing
from deploy.local.apache_kafka import start_apache_kafka
from deploy.local.embedded import embedded_broker

__all__ = ["THREE", "BrokerKind", "broker", "given", "needed", "nodes_of"]

BrokerKind: TypeAlias = Literal["embedded", "apache", "3 x apache"]
THREE: Final[BrokerKind] = "3 x apache"  # three copies of everything, two of which must have a record
ASKED: Final[dict[str, BrokerKind]] = {"1": "apache", "3": THREE}


def given(usual: BrokerKind) -> BrokerKind:
    """What a test of faults runs on: what it usually does, or as many nodes as all of them were asked to."""
    nodes = os.environ.get("LEADSTREAM_FAULTS_NODES", "")
    if nodes and nodes not in ASKED:
        raise ValueError(f"LEADSTREAM_FAULTS_NODES={nodes}: it is 1, 3 or not set")
    return ASKED[nodes] if nodes else usual


def nodes_of(kind: BrokerKind) -> int:
    """How many brokers it is."""
    return 3 if kind == THREE else 1


def needed(kind: BrokerKind) -> None:
    """Skip with a clear message where there is no Java; fail instead when `CI=true`."""
    missing = None if kind == "embedded" else java_missing()
    if missing is not None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"Apache Kafka: {missing}")


@contextmanager
def broker(kind: BrokerKind) -> Iterator[str]:
    """A fresh broker; gives `host:port`, of three nodes with commas between."""
    if kind == "embedded":
        with embedded_broker() as bootstrap:
            yield bootstrap
        return
    place = Path(tempfile.mkdtemp(prefix="leadstream-kafka-"))
    try:
        with start_apache_kafka(place, nodes=nodes_of(kind)) as kafka:
            yield kafka.bootstrap_servers
    finally:
        shutil.rmtree(place, ignore_errors=True)
