"""F16 in small: Redis is killed, hangs, is full, is emptied; the worker lives on, and every card comes back."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.request import urlopen

import pytest
from redis import Redis

from streams.readmodel.keys import Keys
from tests.integration.bus import Bus, wait_until
from tests.integration.shadows import Shadow, judged, lead_cards, write_cards
from tests.integration.workers import Worker
from tests.unit.console.samples import Samples

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

LEADS = 300
BACK_S = 60


class Stage:
    """One worker on a Valkey, and what is known of its cards."""

    def __init__(self, bus: Bus, shadow: Shadow, worker: Worker) -> None:
        self.bus = bus
        self.shadow = shadow
        self.worker = worker
        self.version = 0
        self.expected: dict[str, dict[str, bytes]] = {"lead": {}, "account": {}, "alert": {}}

    def write(self) -> None:
        """A newer card of each lead, and one lead more each time."""
        self.version += 1
        self.expected["lead"] |= write_cards(
            self.bus, "leads", lead_cards(LEADS + self.version, version=self.version)
        )

    def others(self) -> None:
        """Accounts and alerts, which stay as they are."""
        entries = Samples(now=1_790_000_000_000).entries()
        for kind in ("account", "alert"):
            self.expected[kind] = write_cards(self.bus, f"{kind}s", entries[f"{kind}s"])

    def retries(self) -> float:
        with urlopen(f"http://127.0.0.1:{self.worker.port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("leadstream_retries_total"))

    def refused(self) -> None:
        """Writes cards until the projector was refused."""
        before = self.retries()
        self.write()
        wait_until(lambda: self.retries() > before, within_s=60, what="the projector is refused")


@pytest.fixture(scope="module")
def stage(embedded_kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    place = tmp_path_factory.mktemp("refill")
    bus = Bus(embedded_kafka, prefix="refill.", app_id="refill")
    try:
        bus.create()
        with Shadow(place) as shadow, Worker(bus, place, name="worker", redis_url=shadow.url) as worker:
            one = Stage(bus, shadow, worker)
            one.others()
            one.write()
            worker.await_ready()
            assert judged(bus, shadow.url, one.expected, within_s=BACK_S).clean
            yield one
            assert worker.code is None
    finally:
        bus.close()


def killed(stage: Stage) -> None:
    """Another process, empty, on the same port."""
    stage.write()
    stage.shadow.restart_empty()
    stage.write()


def hung(stage: Stage) -> None:
    """It takes connections and answers nothing."""
    stage.shadow.freeze()
    try:
        stage.refused()
    finally:
        stage.shadow.thaw()


def full(stage: Stage) -> None:
    """It answers, and takes nothing in; nothing is half written."""
    stage.shadow.fill_up()
    try:
        stage.refused()
    finally:
        stage.shadow.give_room()


def flushed(stage: Stage) -> None:
    """FLUSHALL, with cards on their way."""
    stage.write()
    stage.shadow.flush()
    stage.write()


@pytest.mark.parametrize("happens", [killed, hung, full, flushed], ids=["kill", "hang", "full", "flush"])
def test_f16_every_card_comes_back(
    stage: Stage, happens: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    happens(stage)
    ledger = judged(stage.bus, stage.shadow.url, stage.expected, within_s=BACK_S)
    with capsys.disabled():
        print(f"\n{ledger.line(f'f16-{happens.__name__}-small')} broker=embedded", flush=True)
    assert ledger.clean, f"{ledger.said()}\n{stage.worker.tail()}"


def test_the_state_of_all_parts_is_said_in_redis(stage: Stage) -> None:
    """Each partition of each card topic, complete: what the console's banner hangs on."""
    wait_until(lambda: stage.shadow.complete(stage.bus), within_s=BACK_S, what="all parts are complete")


def test_an_operator_fills_it_anew_and_sees_it_happen(stage: Stage) -> None:
    """What is in no topic goes, what is in them comes back."""
    ghost = next(lead_cards(1, version=9, first=10**6))
    with Redis.from_url(stage.shadow.url) as redis:
        redis.hset(Keys(prefix=f"{stage.bus.app_id}:").cards("lead"), *ghost)
    told = {
        "LEADSTREAM_REDIS__URL": stage.shadow.url, "LEADSTREAM_REDIS__KEY_PREFIX": f"{stage.bus.app_id}:",
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": stage.bus.bootstrap,
        "LEADSTREAM_KAFKA__PARTITIONS": str(stage.bus.partitions),
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-m", "deploy", "console", "rebuild", "--empty"]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    assert "Redis holds all cards again" in done.stdout
    assert judged(stage.bus, stage.shadow.url, stage.expected, within_s=0).clean
