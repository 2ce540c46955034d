"""F14, G7: poison and a bug of ours fill `rejected`; after the fix a replay gives what good events had given.

Twice changes nothing. The commands are run as an operator runs them, beside a real worker.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import Raw
from msgspec.json import decode
from msgspec.structs import replace
from typer.testing import CliRunner

from deploy.cli.root import app
from schemas.codec import VISITS, encode
from schemas.delivery import Delivery
from schemas.rejected import Reason
from streams.rules_files import read_rules
from tests.integration.bus import Bus, wait_until
from tests.integration.faulty_worker import SPARES, is_hit
from tests.integration.foresight import foreseen
from tests.integration.ledger import judge
from tests.integration.oracle import Oracle
from tests.integration.outcome import Outcome, read_outcome
from tests.integration.proof import NAMING, last_midnight, seed
from tests.integration.siege import Siege
from tests.integration.workers import SECRET, Worker
from tests.integration.world import World, generate

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
WRONG = {"page": "pageview", "track": "tracked"}
NOT_ALL = 3
MESSAGE_ID = re.compile(rb'"messageId":"([^"]+)"')


class FaultyWorker(Worker):
    """Its folds raise for some rows."""

    module = "tests.integration.faulty_worker"


class Operator:
    """Somebody at a terminal."""

    def __init__(self, bus: Bus) -> None:
        told = {
            "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap, "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
            "LEADSTREAM_SECRET": SECRET,
        }  # fmt: skip
        self._told = told
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")} | told

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """The command in this process: it starts twenty times here."""
        done = CliRunner().invoke(app, ["rejected", *arguments], env=self._told)
        said = f"{arguments} ended with {done.exit_code}\n{done.output[-2000:]}\n{done.exception!r}"
        assert done.exit_code == code, said
        return done.stdout

    def at_a_terminal(self, *arguments: str, code: int = 0) -> str:
        """What the command prints to people: both of its streams."""
        command = [sys.executable, "-W", "ignore", "-m", "deploy", "rejected", *arguments]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=150, check=False)
        said = f"{arguments} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert done.returncode == code, said
        return done.stdout + done.stderr

    def lines(self, *arguments: str, code: int = 0) -> list[Any]:
        return [decode(line) for line in self(*arguments, "--json", code=code).splitlines()]


def decided_by_score(oracle: Oracle) -> frozenset[str]:
    """Leads that crossed the threshold, and their browsers: who comes late may have faded below it, rightly."""
    leads = {lead for lead, moves in oracle.moves.items() if any(move.via == "score" for move in moves.values())}
    browsers = {key for key, row in oracle.visitors.items() if leads & {claim.lead_id for claim in row.claims}}
    return frozenset(leads | browsers)


def spoiled(world: World, share: float, *, spared: Collection[str]) -> tuple[World, int]:
    """The world with one type wrong in so many of its events, in every copy; and how many records that makes.

    Not in those that say who somebody is: a name that comes late takes back, rightly, what another lead was told.
    """
    random = Random(world.seed)
    every = [
        one for parcel in world.unique if parcel.visitor_id not in spared for one in parcel.happened if not one.names
    ]
    chosen = {one.message_id.encode() for one in every if random.random() < share}
    made: list[tuple[str, bytes]] = []
    count = 0
    for visitor_id, raw in world.arrivals:
        [delivery], _ = VISITS.decode(b"[" + raw + b"]")
        events = [Raw(_spoiled(bytes(event), chosen)) for event in delivery.events]
        count += sum(bytes(one) != bytes(other) for one, other in zip(events, delivery.events, strict=True))
        fields = {name: getattr(delivery, name) for name in delivery.__struct_fields__} | {"events": events}
        made.append((visitor_id, encode(Delivery(**fields))))
    return replace(world, arrivals=tuple(made)), count


def _spoiled(raw: bytes, chosen: set[bytes]) -> bytes:
    found = MESSAGE_ID.search(raw)
    if found is None or found[1] not in chosen:
        return raw
    for kind, wrong in WRONG.items():
        raw = raw.replace(f'"type":"{kind}"'.encode(), f'"type":"{wrong}"'.encode())
    return raw


@contextmanager
def besieged(bus: Bus, world: World, place: Path, valkey: str) -> Iterator[Siege]:
    with ExitStack() as stack:
        kinds = iter([FaultyWorker, Worker])

        def start(name: str, _: str) -> Worker:
            return next(kinds)(bus, place, name=name, redis_url=valkey)

        yield Siege(bus, world, stack=stack, start=start)


def without_the_spoiled(outcome: Outcome) -> Outcome:
    """What stays in `rejected` of the world's own poison; the rest was replayed."""
    wrong = [f'"type":"{kind}"'.encode() for kind in WRONG.values()]
    return replace(outcome, rejected=[
        one for one in outcome.rejected
        if one.reason is not Reason.FOLD and not any(mark in one.raw for mark in wrong)
    ])  # fmt: skip


@pytest.mark.slow
def test_f14_replayed_after_the_fix_is_as_if_nothing_had_been_wrong(
    embedded_kafka: str, valkey: str, place: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = generate(seed=seed(), end_at=last_midnight(), naming=NAMING, people=300, events=2_500)
    oracle = foreseen(good, read_rules(None, NAMING))
    spared = decided_by_score(oracle)
    monkeypatch.setenv(SPARES, ",".join(spared))
    world, count = spoiled(good, 0.25, spared=spared)
    bus = Bus(embedded_kafka, prefix=f"f14{world.seed}.", app_id=f"f14-{world.seed}")
    try:
        bus.create()
        with besieged(bus, world, place, valkey) as siege:
            siege.join().await_ready()
            siege.early()
            siege.feed([])
            siege.settle("visits")
            siege.leave()
            siege.join().await_ready()
            operator = Operator(bus)

            found = operator.lines("list", "--limit", "10000")
            reasons = Counter(one["reason"] for one in found)
            texts = [bytes_of(one) for one in found]
            assert sum(f'"type":"{wrong}"' in text for wrong in WRONG.values() for text in texts) >= count
            assert reasons["fold"] > 10
            assert found[0]["reason"] in operator.at_a_terminal("show", found[0]["place"])

            folds = operator.lines("replay", "--reason", "fold")
            assert {one["ended"] for one in folds} == {"replayed"}
            for kind, wrong in WRONG.items():
                chosen = ("--reason", "unknown_type", "--text", f'"type":"{wrong}"', "--merge", f'{{"type": "{kind}"}}')
                dry = operator.lines("replay", *chosen, "--dry-run")
                assert {one["ended"] for one in dry} == {"replayed"}
                assert [one["place"] for one in operator.lines("replay", *chosen)] == [one["place"] for one in dry]
                assert operator.lines("replay", *chosen) == [], "what was replayed is remembered"
                assert len(operator.lines("replay", *chosen, "--again")) == len(dry)
            siege.settle("visits")
            left = operator.lines("list", "--limit", "10000")
            assert not {"fold"} & {one["reason"] for one in left}
            operator("replay", "--all", code=NOT_ALL)
            siege.close(
                [(tick.to, encode(tick)) for tick in oracle.closing_touches(world.closing_at)],
                [(tick.to, encode(tick)) for tick in oracle.closing_signals(world.closing_at)],
            )
            outcome = read_outcome(bus)
        # Rows, cards, alerts and posts are compared whole; of the stages the end, because the way there was late.
        ledger = judge(without_the_spoiled(outcome), oracle, replace(good, loose=frozenset(oracle.leads)))
        with capsys.disabled():
            print(f"\n{ledger.line('f14-replay')} broker=embedded spoiled={count} folds={len(folds)}", flush=True)
        assert any(map(is_hit, oracle.visitors))
        assert any(map(is_hit, oracle.lead_rows))
        assert ledger.clean, ledger.said()
    finally:
        bus.close()


def bytes_of(record: Any) -> str:
    return decode(f'"{record["raw"]}"'.encode(), type=bytes).decode("utf-8", "replace")


def test_without_kafka_and_without_a_choice_it_says_what_to_do(embedded_kafka: str) -> None:
    bus = Bus(embedded_kafka, prefix="f14none.", app_id="f14none")
    try:
        operator = Operator(bus)
        assert "or --all" in operator.at_a_terminal("replay", code=1)
        assert "such as 2:991" in operator.at_a_terminal("show", "x", code=1)
        assert "leadstream topics apply" in operator.at_a_terminal("list", code=1)
        bus.create()
        wait_until(lambda: operator("list").strip() == "Nothing was rejected.", within_s=60, what="an empty topic")
        assert operator("list", "--json") == ""
    finally:
        bus.close()
