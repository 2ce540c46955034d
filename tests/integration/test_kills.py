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
from tests.integration.bus import Bus, wait_until
from tests.integration.foresight import foreseen
from tests.integration.ledger import judge
from tests.integration.oracle import Oracle
from tests.integration.outcome import Outcome, projected, read_outcome
from tests.integration.receiver import Receiver
from tests.integration.scribe import DAY_MS
from tests.integration.siege import KILLS, Siege
from tests.integration.workers import SECRET, Worker
from tests.integration.world import World, generate

NAMING = Naming(SECRET.encode())


def seed_of_today() -> int:
    """A new world each time; `LEADSTREAM_TEST_SEED` plays one again (on the same day: it ends last midnight)."""
    return int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))


def last_midnight() -> int:
    """All has happened before; the closing tick lies ahead, so that the clock says nothing later on the way."""
    return int(time.time() * 1000) // DAY_MS * DAY_MS


def told(outcome: Outcome) -> set[str]:
    """Posts that must reach the webhook."""
    return {post_id for post_id, posts in outcome.posts.items() if posts[0].level == "real_time"}


def in_redis(outcome: Outcome) -> dict[str, dict[str, bytes]]:
    """What the read model must hold: the newest of each card, byte for byte."""
    cards = {"lead": outcome.leads, "account": outcome.accounts, "alert": outcome.alerts}
    return {kind: {key: encode(history.newest) for key, history in kept.items()} for kind, kept in cards.items()}


def sieged(bus: Bus, world: World, oracle: Oracle, place: Path, *, redis_url: str) -> tuple[Siege, Outcome]:
    """Feed, kill, settle, close, and wait for what leaves Kafka: posts at the webhook, cards in Redis."""
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
            [(tick.to, encode(tick)) for tick in oracle.closing_touches(world.closing_at)],
            [(tick.to, encode(tick)) for tick in oracle.closing_signals(world.closing_at)],
        )
        outcome = read_outcome(bus)
        wait_until(lambda: told(outcome) <= receiver.seen.keys(), within_s=60, what="posts at the webhook")
        assert told(outcome) == set(receiver.seen)
        wait_until(
            lambda: projected(redis_url, f"{bus.app_id}:") == in_redis(outcome), within_s=30, what="cards in Redis"
        )
        return siege, outcome


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kind", [pytest.param("embedded", marks=pytest.mark.kafka), pytest.param("apache", marks=pytest.mark.apache)]
)
def test_five_kills_change_nothing(kind: BrokerKind, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needed(kind)
    world = generate(seed=seed_of_today(), end_at=last_midnight(), naming=NAMING)
    oracle = foreseen(world, read_rules(None, NAMING))
    with broker(kind) as bootstrap, embedded_valkey() as redis_url:
        bus = Bus(bootstrap, prefix=f"kills{world.seed}.", app_id=f"kills-{world.seed}")
        try:
            bus.create()
            siege, outcome = sieged(bus, world, oracle, tmp_path, redis_url=redis_url)
            ledger = judge(outcome, oracle, world)
        finally:
            bus.close()
    with capsys.disabled():
        print(f"\n{ledger.line('kills')} broker={kind}")
    assert ledger.clean, f"{siege.story}\n{ledger.said()}"
    assert len(siege.uncommitted) == KILLS
