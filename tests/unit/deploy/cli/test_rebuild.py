"""What an operator is told about Redis: rebuilding that cannot be done, a setting that loses cards.

That rebuilding works: tests/integration/test_refill.py.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from redis import Redis
from rich.console import Console

from deploy.cli.doctor import command as doctor
from deploy.cli.kept.rebuild import rebuilt
from deploy.errors import NotRebuilt
from deploy.local.embedded import embedded_valkey
from deploy.settings import DeploySettings
from schemas.codec import encode
from streams.readmodel.fills import Fills
from streams.readmodel.writer import Projection
from tests.unit.console.lead_samples import LeadSamples


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


def test_what_is_told_at_the_end_is_what_redis_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """Parts of a few records are read between two looks: summed up as they went by, all of them were 0 records."""
    lead = LeadSamples(now=1_795_000_000_000).lead()
    with embedded_valkey() as url, ThreadPoolExecutor() as beside:
        settings = told(url).model_copy(update={"kafka": DeploySettings().kafka.model_copy(update={"partitions": 1})})
        fills = Fills.connect(url)
        fills.begin("leads.0", total=1)
        watching = beside.submit(rebuilt, settings, console=Console(width=120), empty=False)
        while fills.states():
            pass  # it forgets what there was
        projection = Projection.connect(url)
        projection.write(leads=[(lead.lead_id, encode(lead))])
        for part in ("leads.0", "accounts.0", "alerts.0", "rejected.0"):
            fills.begin(part, total=1)
            fills.end(part)
        watching.result()
        fills.close()
        projection.close()
    assert "1 leads, 0 accounts, 0 alerts." in capsys.readouterr().out


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
