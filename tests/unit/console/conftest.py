"""The console on a real Valkey, with a door that only remembers."""

from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from uuid import uuid4

import pytest

from deploy.local.embedded import embedded_valkey
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting

SECRET = "a secret of the console"
PASSWORD = "open sesame"


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    with embedded_valkey() as url:
        yield url


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}:"


@pytest.fixture
def samples() -> Samples:
    return Samples(now=time_ns() // 1_000_000)


@pytest.fixture
def projection(valkey_url: str, prefix: str) -> Iterator[Projection]:
    made = Projection.connect(valkey_url, prefix=prefix)
    yield made
    made.close()


@pytest.fixture
def filled(projection: Projection, samples: Samples) -> Samples:
    projection.write(**samples.entries())
    projection.beat(samples.now)
    return samples


@pytest.fixture
def door() -> MemoryDoor:
    return MemoryDoor()


@pytest.fixture
def audit_log(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "audit.jsonl"


@pytest.fixture
def visitor(valkey_url: str, prefix: str, door: MemoryDoor, audit_log: Path) -> Iterator[Visitor]:
    """Somebody who is not signed in."""
    options = ConsoleOptions(secret=SECRET, password=PASSWORD, public_url="http://testserver", audit=audit_log)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight())
    with visiting(app) as somebody:
        yield somebody


@pytest.fixture
def rep(visitor: Visitor) -> Visitor:
    """Ines, signed in by a link."""
    link = one_time_link(SECRET, "http://testserver", name="Ines Duarte")
    assert visitor.get(link).status_code == 303
    return visitor
