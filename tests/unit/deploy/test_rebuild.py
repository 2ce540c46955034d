"""`leadstream console rebuild` where it cannot be done: one clear message. That it works: tests/integration."""

import pytest
from pydantic import SecretStr
from rich.console import Console

from deploy.cli.rebuild import rebuilt
from deploy.errors import NotRebuilt
from deploy.local.embedded import embedded_valkey
from deploy.settings import DeploySettings
from streams.readmodel.fills import Fills


def told(url: str) -> DeploySettings:
    settings = DeploySettings()
    return settings.model_copy(update={"redis": settings.redis.model_copy(update={"url": SecretStr(url)})})


def test_without_a_worker_it_says_what_is_missing() -> None:
    with embedded_valkey() as url:
        with pytest.raises(NotRebuilt, match="start a worker"):
            rebuilt(told(url), console=Console(quiet=True), empty=False, patience_s=0.1)
        fills = Fills.connect(url)
        fills.begin("leads.0", total=5)
        with pytest.raises(NotRebuilt, match="start a worker"):
            rebuilt(told(url), console=Console(quiet=True), empty=True, patience_s=0.1)
        assert fills.states() == {}
        fills.close()


def test_without_redis_it_says_so() -> None:
    with pytest.raises(NotRebuilt, match="Redis does not answer"):
        rebuilt(told("redis://127.0.0.1:1"), console=Console(quiet=True), empty=False)
