"""F27: everything at random, on three brokers.

`LEADSTREAM_FAULTS_MINUTES` (3) for each of `LEADSTREAM_FAULTS_SEEDS` (3); `LEADSTREAM_TEST_SEED` plays one run again.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from deploy.local.embedded import valkey_command
from deploy.local.ports import HOST, free_ports
from tests.faults.chance import plan
from tests.faults.cluster import Cluster, cluster
from tests.faults.collectors import Collector
from tests.faults.front import opened
from tests.faults.record import Figure
from tests.faults.storm import Storm
from tests.integration.brokers import needed
from tests.integration.proof import proved
from tests.integration.siege import Siege

MINUTES: Final = float(os.environ.get("LEADSTREAM_FAULTS_MINUTES") or 3)
SEEDS: Final = 1 if os.environ.get("LEADSTREAM_TEST_SEED") else int(os.environ.get("LEADSTREAM_FAULTS_SEEDS") or 3)
EVENTS_PER_S: Final = 95  # three hours of it are a million
FAULTS_PER_MINUTE: Final = 200 / 60


def test_a_plan_follows_from_its_seed() -> None:
    short, long = plan(7, seconds=600), plan(7, seconds=3_600)
    assert long[: len(short)] == short
    assert len(long) >= FAULTS_PER_MINUTE * 60
    assert plan(8, seconds=600) != short
    assert len({act.what for act in long}) == 13


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.apache
@pytest.mark.timeout(MINUTES * 60 * 3 + 1_200)
@pytest.mark.parametrize("run", range(1, SEEDS + 1))
def test_f27_everything_at_random(run: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needed("apache")
    (port,) = free_ports(1)
    with (
        capsys.disabled(),
        cluster(nodes=3) as brokers,
        subprocess.Popen(valkey_command(port, tmp_path), stdout=subprocess.DEVNULL) as redis,
    ):
        try:
            events = int(MINUTES * 60 * EVENTS_PER_S)
            proved(
                f"f27-chance-{run}", lambda siege: stormed(siege, brokers, place=tmp_path, redis=redis), kind="apache",
                place=tmp_path, people=max(400, events // 10), events=events, redis_url=f"redis://{HOST}:{port}/0",
                bootstrap=brokers.direct, called="3 x apache",
            )  # fmt: skip
        finally:
            redis.kill()


def stormed(siege: Siege, brokers: Cluster, *, place: Path, redis: "subprocess.Popen[bytes]") -> None:
    """Two workers, one of them by the proxies as the collector is; the world comes in while it storms."""
    siege.supervised = True
    siege.join(brokers.proxied)
    siege.all_ready()
    acts = plan(siege.world.seed, seconds=MINUTES * 60)
    with Collector(siege.bus, place, bootstrap=brokers.proxied) as collector:
        collector.await_ready()
        with opened(siege, [collector], seconds=MINUTES * 60) as front:
            storm = Storm(front, brokers=brokers, collector=collector, redis=redis)
            storm.rage(acts)
            siege.figures.append(
                Figure(name="faults", value=storm.happened.total(), least=int(FAULTS_PER_MINUTE * MINUTES))
            )
            front.finish()
