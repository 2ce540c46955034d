"""F4, F10: a worker that lost its partitions and does not know it, and what it said before arrives late."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.activity import Version
from streams.engine.guards.exits import BROKEN
from tests.faults.holdup import Holdups
from tests.faults.record import Figure, found, recorded
from tests.integration.brokers import broker, given, needed
from tests.integration.bus import Bus, new_bus, wait_until
from tests.integration.ledger import Ledger
from tests.integration.toy_bus import ToyWorker, announced, changelog, hit, rows, say

KIND: Final = given("apache")
KEYS: Final = [f"k{number}" for number in range(40)]
NOW: Final = {"min.compaction.lag.ms": "0", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.001"}

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def bus() -> Iterator[Bus]:
    """On an Apache Kafka of its own, whose cleaner does not rest: brokers for trying out do not compact."""
    needed(KIND)
    with broker(KIND) as bootstrap, new_bus(bootstrap, "zombie") as one:
        yield one


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def told(bus: Bus, *names: str) -> None:
    say(bus, [hit(key, name) for name in names for key in KEYS])


def drained(bus: Bus) -> bool:
    return bus.lag(["touches"]) == 0


def inverted(bus: Bus) -> set[str]:
    """Keys whose last record in the changelog is not their newest row."""
    newest: dict[str, Version] = {}
    last: dict[str, Version] = {}
    for key, version, _ in changelog(bus):
        newest[key] = max(version, newest.get(key, version))
        last[key] = version
    return {key for key, version in newest.items() if last[key] < version}


def compacted(bus: Bus) -> None:
    """Until the changelog holds no more than what must be kept of it."""
    full = f"{bus.app_id}-leads-changelog"
    bus.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, full, NOW)])
    before = len(changelog(bus))

    def clean() -> bool:
        told(bus, "rolls a segment")  # the newest segment is never compacted
        wait_until(lambda: drained(bus), within_s=30, what="rolled")
        return len(changelog(bus)) < before

    wait_until(clean, within_s=120, what=f"compacted, {before} records", every_s=1.5)


def whole(bus: Bus, *names: str) -> None:
    """Every row has every name and every name was announced, each once and in one form."""
    assert {key: set(row.seen) - {"rolls a segment"} for key, row in rows(bus).items()} == {
        key: set(names) for key in KEYS
    }
    moves = [one for one in announced(bus) if "rolls" not in one.evidence[0]]
    forms = {(one.lead_id, one.number): one for one in moves}
    assert all(forms[one.lead_id, one.number] == one for one in moves), "one move in two forms"
    assert {tuple(key.split("/")) for key, _ in forms} == {(key, name) for key in KEYS for name in names}


def clean(figure: Figure) -> None:
    """The ledger, once all was compared."""
    found(Ledger(accepted=4 * len(KEYS), seed=0), figure)


@recorded("f04-late-rows", broker=KIND)
def test_f04_rows_that_arrive_after_their_writer_lost_them_harm_nobody(
    bus: Bus, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held up on their way, frozen, overtaken, let go, compacted, woken, restarted."""
    with Holdups(bus.bootstrap) as way:
        monkeypatch.setenv("TOY_DETOUR", way.doors)
        with ToyWorker(bus, place, name="zombie") as zombie:
            zombie.await_ready()
            told(bus, "a")
            wait_until(lambda: drained(bus), within_s=30, what=zombie.tail())
            way.hold("records")
            told(bus, "b")
            wait_until(lambda: way.waiting > 0, within_s=30, what="rows on their way")
            zombie.freeze()
            monkeypatch.delenv("TOY_DETOUR")
            with ToyWorker(bus, place, name="heir") as heir:
                heir.await_ready()
                told(bus, "c")
                wait_until(lambda: drained(bus), within_s=60, what=heir.tail())
                whole(bus, "a", "b", "c")
                before = heir.metric("leadstream_strange_records_total")
                way.hold("nothing")
                wait_until(lambda: heir.metric("leadstream_strange_records_total") > before, within_s=30,
                           what=f"late rows noticed {heir.tail()}")  # fmt: skip
                wait_until(lambda: not inverted(bus), within_s=30, what="late rows written over")
                over = heir.metric("leadstream_rows_restored_over_total")
                assert over > 0
                compacted(bus)
                heir.kill()
            zombie.thaw()
            assert zombie.await_end(30) == BROKEN
            assert "slept past the session timeout" in zombie.tail()
        with ToyWorker(bus, place, name="next") as following:
            following.await_ready()
            told(bus, "d")
            wait_until(lambda: drained(bus), within_s=60, what=following.tail())
            whole(bus, "a", "b", "c", "d")
            assert following.metric("leadstream_rows") == len(KEYS)
    clean(Figure(name="rows written over", value=over, least=1))


@recorded("f10-cut-off", broker=KIND)
def test_f10_a_worker_that_was_cut_off_sends_nothing_that_is_no_longer_its_own(
    bus: Bus, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did not sleep: only the group's silence tells it. What the network kept arrives when it heals."""
    with Holdups(bus.bootstrap) as way:
        monkeypatch.setenv("TOY_DETOUR", way.doors)
        with ToyWorker(bus, place, name="cut") as cut:
            cut.await_ready()
            told(bus, "a")
            wait_until(lambda: drained(bus), within_s=30, what=cut.tail())
            way.hold("records")
            told(bus, "b")
            wait_until(lambda: way.waiting > 0, within_s=30, what="rows on their way")
            way.hold("all")
            monkeypatch.delenv("TOY_DETOUR")
            with ToyWorker(bus, place, name="heir") as heir:
                heir.await_ready()
                told(bus, "c")
                wait_until(lambda: drained(bus), within_s=60, what=heir.tail())
                way.hold("nothing")
                wait_until(lambda: cut.child.poll() is not None or cut.ready(), within_s=60, what="back or ended")
                told(bus, "d")
                wait_until(lambda: drained(bus), within_s=60, what=heir.tail())
                wait_until(lambda: not inverted(bus), within_s=60, what="late rows written over")
                whole(bus, "a", "b", "c", "d")
            said = [json.loads(line) for line in cut.tail(200).splitlines() if line.startswith("{")]
            assert cut.child.poll() in (None, BROKEN), said[-3:]
    clean(Figure(name="exit code", value=cut.child.poll() or 0))
