"""Brokers and Valkey for integration tests: each is started once for all tests that ask for it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from deploy.local.embedded import embedded_valkey
from tests.integration.brokers import BrokerKind, broker, needed
from tests.integration.bus import Bus, new_bus

NUMBERS = count(1)


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[str]:
    """The embedded broker: `host:port`."""
    with broker("embedded") as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[str]:
    """A real Apache Kafka; skipped without Java, an error with `CI=true`."""
    needed("apache")
    with broker("apache") as bootstrap:
        yield bootstrap


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.kafka),
        pytest.param("apache", marks=[pytest.mark.kafka, pytest.mark.apache]),
    ]
)
def kafka(request: pytest.FixtureRequest) -> str:
    """`host:port` of either broker, in turn."""
    kind: BrokerKind = request.param
    return str(request.getfixturevalue(f"{kind}_kafka"))


@pytest.fixture
def bus(kafka: str) -> Iterator[Bus]:
    """Topics of this test's own."""
    with new_bus(kafka, f"t{next(NUMBERS)}") as one:
        yield one


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """A Valkey: `redis://host:port/0`."""
    with embedded_valkey() as url:
        yield url


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where workers keep their data and logs."""
    return tmp_path
