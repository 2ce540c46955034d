"""The proof: whatever is killed, whoever joins or leaves, out comes what one fold of the unique events gives."""

import os
import secrets
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.json import encode

from deploy.local.embedded import embedded_valkey
from schemas.ids import Naming
from streams.rules_files import read_rules
from tests.integration.brokers import BrokerKind, broker, needed
from tests.integration.bus import Bus
from tests.integration.foresight import foreseen
from tests.integration.ledger import judge
from tests.integration.oracle import Oracle
from tests.integration.outcome import read_outcome
from tests.integration.receiver import Receiver
from tests.integration.scribe import DAY_MS
from tests.integration.siege import Siege
from tests.integration.workers import SECRET, Worker
from tests.integration.world import World, generate

NAMING = Naming(SECRET.encode())


def seed_of_today() -> int:
    """A new world each time; `LEADSTREAM_TEST_SEED` plays one again (on the same day: it ends tomorrow night)."""
    return int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))


def tomorrow_night() -> int:
    """The world's end lies ahead, so that what the clock says on the way says nothing later than the end."""
    return (int(time.time() * 1000) // DAY_MS + 2) * DAY_MS


def sieged(bus: Bus, world: World, oracle: Oracle, place: Path, *, redis_url: str) -> Siege:
    """Feed, kill, settle, close; what is left behind lies in Kafka."""
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        siege = Siege(
            bus, world, place, stack=stack,
            start=lambda name: Worker(bus, place, name=name, redis_url=redis_url, webhook_url=receiver.url),
        )  # fmt: skip
        siege.join().await_ready()
        siege.early()
        siege.feed()
        siege.settle("visits")
        siege.close(
            [(tick.to, encode(tick)) for tick in oracle.closing_touches(world.end_at)],
            [(tick.to, encode(tick)) for tick in oracle.closing_signals(world.end_at)],
        )
        return siege


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kind", [pytest.param("embedded", marks=pytest.mark.kafka), pytest.param("apache", marks=pytest.mark.apache)]
)
def test_five_kills_change_nothing(kind: BrokerKind, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needed(kind)
    world = generate(seed=seed_of_today(), end_at=tomorrow_night(), naming=NAMING)
    oracle = foreseen(world, read_rules(None, NAMING))
    with broker(kind) as bootstrap, embedded_valkey() as redis_url:
        bus = Bus(bootstrap, prefix=f"kills{world.seed}.", app_id=f"kills-{world.seed}")
        try:
            bus.create()
            siege = sieged(bus, world, oracle, tmp_path, redis_url=redis_url)
            ledger = judge(read_outcome(bus), oracle, world)
        finally:
            bus.close()
    with capsys.disabled():
        print(f"\n{ledger.line('kills')} broker={kind}")
    assert ledger.clean, f"{siege.kills}\n{ledger.said()}"
