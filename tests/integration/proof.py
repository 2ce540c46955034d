"""One proof: a world is fed while something happens, and the ledger of what is left behind must be clean."""

import os
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Final

from msgspec.json import encode
from msgspec.structs import replace

from deploy.local.embedded import embedded_valkey
from schemas.ids import Naming, is_edit
from streams.rules_files import read_rules
from tests.faults.record import run_of
from tests.integration.brokers import BrokerKind, broker, needed
from tests.integration.bus import Bus, wait_until
from tests.integration.foresight import foreseen
from tests.integration.ledger import judge
from tests.integration.oracle import Oracle
from tests.integration.outcome import Outcome, projected, read_outcome
from tests.integration.receiver import Receiver
from tests.integration.scribe import DAY_MS
from tests.integration.siege import Siege
from tests.integration.workers import SECRET, Worker
from tests.integration.world import generate

__all__ = ["last_midnight", "proved", "seed"]

NAMING: Final = Naming(SECRET.encode())


def proved(
    fault: str,
    happens: Callable[[Siege], None],
    *,
    kind: BrokerKind,
    place: Path,
    people: int = 2_000,
    events: int = 20_000,
    redis_url: str = "",
    bootstrap: str = "",
    called: str = "",
    receiver: Receiver | None = None,
    workers: Sequence[type[Worker]] = (Worker,),
) -> Siege:
    """Print the ledger line of this fault. Raises AssertionError where anything but zeros is on it.

    `happens` feeds the world (`Siege.feed`). `redis_url`, `bootstrap` "", no `receiver`: one of its own. `called`: what
    kind of broker `bootstrap` is. `workers`: whoever joins is of the next of these kinds, in turn.
    """
    needed(kind)
    kinds = cycle(workers)
    world = generate(seed=seed(), end_at=last_midnight(), naming=NAMING, people=people, events=events)
    oracle = foreseen(world, read_rules(None, NAMING))
    with run_of(fault, broker=called or kind, seed=world.seed) as result, ExitStack() as stack:
        bus = Bus(
            bootstrap or stack.enter_context(broker(kind)),
            prefix=f"{fault}{world.seed}.",
            app_id=f"{fault}-{world.seed}",
        )
        stack.callback(bus.close)
        bus.create()
        redis_url = redis_url or stack.enter_context(embedded_valkey())
        receiver = receiver or stack.enter_context(Receiver())
        siege = Siege(
            bus, world, stack=stack,
            start=lambda name, at: next(kinds)(
                bus, place, name=name, redis_url=redis_url, webhook_url=receiver.url, bootstrap=at
            ),
        )  # fmt: skip
        outcome = _besieged(siege, oracle, happens)
        ledger = judge(outcome, oracle, world)
        for witness in siege.witnesses:
            witness(ledger)
        result.take(ledger)
        result.figures = siege.figures
        assert ledger.clean, f"{siege.story}\n{ledger.said()}"
        _left_kafka(siege, outcome, receiver=receiver, redis_url=redis_url)
        return siege


def _besieged(siege: Siege, oracle: Oracle, happens: Callable[[Siege], None]) -> Outcome:
    """Feed, settle, close, and read what is left behind."""
    siege.join().await_ready()
    siege.early()
    happens(siege)
    siege.settle("visits")
    siege.close(
        [(tick.to, encode(tick)) for tick in oracle.closing_touches(siege.world.closing_at)],
        [(tick.to, encode(tick)) for tick in oracle.closing_signals(siege.world.closing_at)],
    )
    outcome = read_outcome(siege.bus)
    if siege.resent:
        once = {(one.raw, one.reason): one for one in outcome.rejected}
        outcome = replace(outcome, rejected=list(once.values()))
    return outcome


def _left_kafka(siege: Siege, outcome: Outcome, *, receiver: Receiver, redis_url: str) -> None:
    """Every post that is due reaches the webhook and no other does; every newest card stands in Redis."""
    due, cards = _due(outcome), _newest(outcome)
    wait_until(lambda: due <= receiver.seen.keys(), within_s=60, what=f"posts at the webhook; {siege.state()}")
    posts = {name for name in receiver.seen if not is_edit(name)}
    assert due == posts, "a post that nobody is due was delivered"
    prefix = f"{siege.bus.app_id}:"
    wait_until(lambda: projected(redis_url, prefix) == cards, within_s=60, what=f"cards in Redis; {siege.state()}")


def _due(outcome: Outcome) -> set[str]:
    """Posts that must reach the webhook."""
    return set(outcome.posts)


def _newest(outcome: Outcome) -> dict[str, dict[str, bytes]]:
    """What the read model must hold: the newest of each card, byte for byte."""
    cards = {"lead": outcome.leads, "account": outcome.accounts, "alert": outcome.alerts}
    return {kind: {key: encode(history.newest) for key, history in kept.items()} for kind, kept in cards.items()}


def seed() -> int:
    """A new world each time; `LEADSTREAM_TEST_SEED` plays one again (on the same day: it ends last midnight)."""
    return int(os.environ.get("LEADSTREAM_TEST_SEED") or secrets.randbelow(1_000_000))


def last_midnight() -> int:
    """All has happened before; the closing tick lies ahead, so that the clock says nothing later on the way."""
    return int(time.time() * 1000) // DAY_MS * DAY_MS
