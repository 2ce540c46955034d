"""A real Valkey for one test run, an own prefix for each test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from redis import Redis

from deploy.local.embedded import embedded_valkey
from streams.readmodel.keys import Keys
from streams.readmodel.writer import Projection


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    with embedded_valkey() as url:
        yield url


@pytest.fixture
def keys() -> Keys:
    return Keys(prefix=f"{uuid4().hex}:")


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    with Redis.from_url(valkey_url) as client:
        yield client


@pytest.fixture
def projection(valkey_url: str, keys: Keys) -> Iterator[Projection]:
    projection = Projection.connect(valkey_url, prefix=keys.prefix)
    yield projection
    projection.close()
