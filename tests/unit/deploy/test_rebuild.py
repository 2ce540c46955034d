"""What an operator is told about Redis: rebuilding that cannot be done, a setting that loses cards.

That rebuilding works: tests/integration/test_refill.py.
"""

import pytest
from pydantic import SecretStr
from redis import Redis
from rich.console import Console

from deploy.cli import doctor
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


@pytest.mark.parametrize(
    ("policy", "memory", "is_said"),
    [("allkeys-lru", "100mb", True), ("allkeys-lru", "0", False), ("noeviction", "100mb", False)],
)
def test_the_doctor_finds_a_redis_that_throws_cards_out(policy: str, memory: str, is_said: bool) -> None:
    with embedded_valkey() as url, Redis.from_url(url) as redis:
        redis.config_set("maxmemory-policy", policy)
        redis.config_set("maxmemory", memory)
        said = [one.says for one in doctor._redis(told(url)) if one.verdict == "bad"]
    assert said == (["throws cards out when it is full (allkeys-lru)"] if is_said else [])
