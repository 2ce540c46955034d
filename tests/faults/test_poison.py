"""F14: events that nobody can use and a fold that raises; each is kept with its place, its neighbours live."""

import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from schemas.codec import encode, encode_block
from schemas.topics import partition_of
from streams.engine.guards.exits import STOPPED
from tests.faults.record import Figure, run_of
from tests.integration.brokers import broker, given
from tests.integration.bus import Bus, wait_until
from tests.integration.ledger import Ledger
from tests.integration.proof import seed as new_seed
from tests.integration.toy_bus import ToyWorker, hit, rejected, rows, say

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]

KIND: Final = given("embedded")
EVENTS = 6_000
ALIENS = (b'{"t":"alien","to":"%s"}', b'{"t":"disposition","to":"%s","at":"never"}')


def poisoned(random: Random, bus: Bus) -> tuple[set[str], Counter[bytes]]:
    """Blocks of good events with bad ones and bombs among them, and whole records that are no blocks."""
    good: set[str] = set()
    bad: Counter[bytes] = Counter()
    records: list[tuple[int, bytes]] = []
    for number in range(EVENTS // 20):
        key = f"k{number % 60}"
        names = [f"{key}-{number}-{place}" for place in range(20)]
        messages = [encode(hit(key, name)) for name in names]
        good.update(names)
        for at in range(random.choice((0, 0, 1, 3))):
            bomb = encode(hit(key, f"bomb-{number}-{at}", kind="bomb"))
            raw = random.choice((bomb, random.choice(ALIENS) % f"{key}/{number}/{at}".encode()))
            messages.insert(random.randrange(len(messages)), raw)
            bad[raw] += 1
        records.append((partition_of(key, bus.partitions), encode_block(messages)))
    for number in range(5):
        raw = b"\x00\xff broken %d" % number
        bad[raw] += 1
        records.insert(random.randrange(len(records)), (number % bus.partitions, raw))
    bus.write("touches", records)
    return good, bad


def longest_stall_s(worker: ToyWorker, bus: Bus) -> float:
    """Until all is committed: the longest time without a message more, while there were some."""
    seen, since, longest = 0.0, time.monotonic(), 0.0
    give_up = since + 120
    while bus.lag(["touches"]):
        assert time.monotonic() < give_up, worker.tail()
        now, count = time.monotonic(), worker.metric("leadstream_messages_total")
        if count != seen:
            longest, seen, since = max(longest, now - since if seen else 0.0), count, now
    return longest


@pytest.mark.short
def test_f14_poison_is_kept_and_its_neighbours_live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = new_seed()
    with (
        capsys.disabled(),
        run_of("f14-poison", broker=KIND, seed=seed) as result,
        broker(KIND) as bootstrap,
    ):
        bus = Bus(bootstrap, prefix="poison.", app_id="poison")
        try:
            bus.create()
            good, bad = poisoned(Random(seed), bus)
            with ToyWorker(bus, tmp_path, WORKER__REJECTED_MOST="1") as worker:
                worker.await_ready()
                stall = longest_stall_s(worker, bus)
            result.take(judged(bus, good, bad=bad, seed=seed))
        finally:
            bus.close()
        result.figures = [Figure(name="stall", value=round(stall, 2), unit="s", most=1)]
        assert (result.lost, result.phantom, result.double) == (0, 0, 0)


def judged(bus: Bus, good: set[str], *, bad: Counter[bytes], seed: int) -> Ledger:
    """Every good event in its row, every bad one in `rejected`, once for each place."""
    ledger = Ledger(accepted=len(good) + bad.total(), seed=seed)
    applied = {name for row in rows(bus).values() for name in row.seen}
    kept = Counter(raw for raw, *_ in {(one.raw, one.partition, one.offset) for one in rejected(bus)})
    for name in sorted(good - applied):
        ledger.note("lost", name)
    for name in sorted(applied - good):
        ledger.note("phantom", name)
    for raw, count in (bad - kept).items():
        ledger.note("lost", f"not rejected: {raw!r}", count)
    for raw, count in (kept - bad).items():
        ledger.note("phantom", f"rejected: {raw!r}", count)
    return ledger


def test_f14_a_bad_release_stops_and_drains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every third event makes the fold raise: above the ratio the worker stops; with the fold mended all is there."""
    seed = new_seed()
    random = Random(seed)
    with (
        capsys.disabled(),
        run_of("f14-ratio", broker=KIND, seed=seed) as result,
        broker(KIND) as bootstrap,
    ):
        bus = Bus(bootstrap, prefix="ratio.", app_id="ratio")
        try:
            bus.create()
            kinds = {f"m{number}": "bomb" if random.random() < 0.34 else "hit" for number in range(5_000)}
            say(bus, [hit(f"k{number % 60}", name, kind=kind) for number, (name, kind) in enumerate(kinds.items())])
            with ToyWorker(bus, tmp_path, WORKER__REJECTED_MOST="0.2", WORKER__REJECTED_LEAST="50") as worker:
                assert worker.await_end(60) == STOPPED
            left = bus.lag(["touches"])
            assert left > 0, "the topic was drained"
            with ToyWorker(bus, tmp_path, WORKER__REJECTED_MOST="1") as worker:
                worker.await_ready()
                wait_until(lambda: bus.lag(["touches"]) == 0, within_s=60, what=worker.tail())
            good = {name for name, kind in kinds.items() if kind == "hit"}
            bad = Counter(encode(hit(f"k{number % 60}", name, kind="bomb"))
                          for number, (name, kind) in enumerate(kinds.items()) if kind == "bomb")  # fmt: skip
            result.take(judged(bus, good, bad=bad, seed=seed))
        finally:
            bus.close()
        result.figures = [Figure(name="records left when it stopped", value=left, least=1)]
        assert (result.lost, result.phantom, result.double) == (0, 0, 0)
