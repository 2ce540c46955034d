"""The engine on real brokers, with real worker processes that are killed, paused and asked to leave."""

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from kafka import KafkaProducer

from schemas.activity import Version
from schemas.codec import encode, encode_block
from schemas.rejected import Reason
from schemas.topics import partition_of
from streams.engine.guards.exits import BROKEN, STOPPED
from tests.integration.bus import Bus, wait_until
from tests.integration.toy_bus import ToyWorker, announced, changelog, hit, rejected, rows, say
from tests.integration.toys import CODEC

pytestmark = pytest.mark.slow


DUE_EVERY_MS = 20  # two minutes of them: also on a busy machine the stop is over before


def drained(bus: Bus) -> bool:
    return bus.lag(["touches"]) == 0


def clock_ahead(place: Path, monkeypatch: pytest.MonkeyPatch, *, by_ms: int) -> None:
    """The clocks of workers that start from now on are that much ahead."""
    step = place / "step"
    step.write_text(str(by_ms))
    monkeypatch.setenv("TOY_STEP", str(step))


def test_a_worker_killed_at_any_moment_loses_and_doubles_nothing(bus: Bus, place: Path) -> None:
    """Three SIGKILLs under load: every id is in its row, every decision is out, and none was out before its row."""
    chance = random.Random(1)
    sent = [hit(f"k{chance.randrange(300)}", f"m{number}") for number in range(6_000)]
    random.Random(2).shuffle(sent)
    for run in range(4):
        with ToyWorker(bus, place, name=f"worker{run}") as worker:
            worker.await_ready()
            before = worker.metric("leadstream_folds_total")
            say(bus, sent[run * 1500 : (run + 1) * 1500], block=20)
            if run == 3:
                wait_until(lambda: drained(bus), within_s=60, what=worker.tail())
            else:
                wait_until(lambda seen=before: worker.metric("leadstream_folds_total") > seen + chance.randrange(300),
                           within_s=60, what="work", every_s=0.01)  # fmt: skip
            worker.kill()
        said = announced(bus)
        held = rows(bus)
        early = [one for one in said if one.evidence[0] not in held[one.lead_id.split("/")[0]].seen]
        assert not early
    wanted = {(one.to, one.milestone_id) for one in sent}
    assert {(key, name) for key, row in held.items() for name in row.seen} == wanted
    assert {tuple(one.lead_id.split("/")) for one in said} == wanted


def test_rows_come_back_from_the_changelog(bus: Bus, place: Path) -> None:
    """What a killed worker knew is what the next one goes on from."""
    with ToyWorker(bus, place, name="first") as first:
        first.await_ready()
        say(bus, [hit(f"k{number % 50}", f"old{number}") for number in range(500)])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
        first.kill()
    with ToyWorker(bus, place, name="second") as second:
        second.await_ready()
        assert second.metric("leadstream_rows") == 50
        say(bus, [hit(f"k{number}", "new") for number in range(50)])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
    assert all(len(row.seen) == 11 for row in rows(bus).values())


def test_rows_that_other_rules_made_are_folded_again_a_few_at_a_time(bus: Bus, place: Path) -> None:
    """A worker that starts with other rules wakes each row once, and a later one with the same rules none."""
    with ToyWorker(bus, place, name="first", rules="aaaaaaaaaaaa") as first:
        first.await_ready()
        say(bus, [hit(f"k{number}", "old") for number in range(120)])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
        first.kill()
    assert {row.rules_version for row in rows(bus).values()} == {"aaaaaaaaaaaa"}
    with ToyWorker(bus, place, name="second", rules="bbbbbbbbbbbb") as second:
        second.await_ready()
        wait_until(lambda: {row.rules_version for row in rows(bus).values()} == {"bbbbbbbbbbbb"}, within_s=60,
                   what=second.tail())  # fmt: skip
        assert second.metric("leadstream_ticks_total") == 120
        assert second.metric("leadstream_outdated_rows") == 0
        second.kill()
    assert all(len(row.woken) == 1 and row.woken[0] > 1_700_000_000_000 for row in rows(bus).values())
    with ToyWorker(bus, place, name="third", rules="bbbbbbbbbbbb") as third:
        third.await_ready()
        say(bus, [hit("k1", "new")])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
        assert third.metric("leadstream_ticks_total") == 0
    assert sum(len(row.woken) for row in rows(bus).values()) == 120


def test_an_older_row_behind_a_newer_one_is_not_restored_and_is_overwritten(bus: Bus, place: Path) -> None:
    """A worker that was paused wrote its row late: the highest version counts, and stands last again afterwards."""
    with ToyWorker(bus, place, name="first") as first:
        first.await_ready()
        for name in ("a", "b", "c"):
            say(bus, [hit("zoe", name)])
            wait_until(lambda: drained(bus), within_s=60, what="lag")
        first.kill()
    versions = [(version, row) for key, version, row in changelog(bus) if key == "zoe"]
    oldest = versions[0]
    assert len(versions) == 3
    producer = KafkaProducer(bootstrap_servers=bus.bootstrap)
    producer.send(f"{bus.app_id}-leads-changelog", key=b"zoe", value=CODEC.encode(oldest[1]),
                  partition=partition_of("zoe", bus.partitions)).get(60)  # fmt: skip
    producer.close(5)
    with ToyWorker(bus, place, name="second") as second:
        second.await_ready()
        wait_until(lambda: [row for key, _, row in changelog(bus) if key == "zoe"][-1].seen.keys() == {"a", "b", "c"},
                   within_s=60, what="overwritten")  # fmt: skip
        say(bus, [hit("zoe", "d")])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
    assert rows(bus)["zoe"].seen.keys() == {"a", "b", "c", "d"}


def test_poison_is_kept_with_its_place_and_its_neighbours_are_folded(bus: Bus, place: Path) -> None:
    """Bytes that are no JSON, a message of no known shape, and one that makes the fold raise."""
    partition = partition_of("ann", bus.partitions)
    good = [encode(hit("ann", "before")), encode(hit("ann", "after"))]
    bomb, alien = encode(hit("ann", "x", kind="bomb")), b'{"t":"alien","to":"ann"}'
    with ToyWorker(bus, place) as worker:
        worker.await_ready()
        mixed, last = encode_block([good[0], alien, bomb, good[1]]), encode_block([encode(hit("ann", "next"))])
        bus.write("touches", [(partition, b"\x00no json"), (partition, mixed), (partition, last)])
        wait_until(lambda: drained(bus), within_s=60, what=worker.tail())
    assert rows(bus)["ann"].seen.keys() == {"before", "after", "next"}
    found = {(one.raw, one.reason, one.partition, one.offset) for one in rejected(bus)}
    assert found == {
        (b"\x00no json", Reason.JSON, partition, 0),
        (alien, Reason.SCHEMA, partition, 1),
        (bomb, Reason.FOLD, partition, 1),
    }
    assert {one.topic for one in rejected(bus)} == {bus.full("touches")}


def test_two_workers_share_the_partitions_and_one_leaves(bus: Bus, place: Path) -> None:
    """Rows move with their partitions: nothing is lost, and a worker keeps no row of what it gave away."""
    with ToyWorker(bus, place, name="stays") as stays:
        stays.await_ready()
        say(bus, [hit(f"k{number % 200}", f"a{number}") for number in range(1_000)])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
        with ToyWorker(bus, place, name="leaves") as leaves:
            leaves.await_ready()
            both = (stays, leaves)
            wait_until(lambda: stays.ready() and sum(one.metric("leadstream_rows") for one in both) == 200,
                       within_s=60, what="rows shared")  # fmt: skip
            assert 0 < leaves.metric("leadstream_rows") < 200
            say(bus, [hit(f"k{number % 200}", f"b{number}") for number in range(1_000)])
            leaves.child.send_signal(signal.SIGTERM)
            assert leaves.await_end(60) == 0
        wait_until(lambda: stays.ready() and stays.metric("leadstream_rows") == 200, within_s=60, what="rows back")
        wait_until(lambda: drained(bus), within_s=60, what=stays.tail())
        assert stays.child.poll() is None
    wanted = Counter(f"k{number % 200}" for number in range(1_000))
    assert {key: len(row.seen) for key, row in rows(bus).items()} == {key: 2 * count for key, count in wanted.items()}


def test_a_clean_leave_commits_all_that_was_folded(bus: Bus, place: Path) -> None:
    """SIGTERM: nothing of what was worked off comes again."""
    with ToyWorker(bus, place, name="first") as first:
        first.await_ready()
        say(bus, [hit(f"k{number % 20}", f"m{number}") for number in range(400)], block=5)
        wait_until(lambda: first.metric("leadstream_messages_total") == 400, within_s=60, what="folded", every_s=0.01)
        first.child.send_signal(signal.SIGTERM)
        assert first.await_end(60) == 0
    wait_until(lambda: drained(bus), within_s=60, what="all is committed, and nobody is left who could")


def test_a_worker_that_stops_while_rows_are_due_leaves_in_order(
    bus: Bus, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock has something to say at every moment of the stop: what is not said then, the next one says."""
    with ToyWorker(bus, place, name="first") as first:
        first.await_ready()
        begin = int(time.time() * 1000) + 3_000
        wakes = {f"k{number}": begin + DUE_EVERY_MS * number for number in range(6_000)}
        say(bus, [hit(key, "w", kind="wake", at=at) for key, at in wakes.items()], block=200)
        wait_until(lambda: first.metric("leadstream_ticks_total") > 0, within_s=60, what=first.tail(), every_s=0.01)
        first.child.send_signal(signal.SIGTERM)
        assert first.await_end(60) == 0, first.tail()
    ahead_ms = max(wakes.values()) - int(time.time() * 1000)
    assert ahead_ms > 0, "it was not due all the time"
    clock_ahead(place, monkeypatch, by_ms=ahead_ms)
    with ToyWorker(bus, place, name="second") as second:
        second.await_ready()
        wait_until(lambda: {key: row.woken for key, row in rows(bus).items()} == {k: (at,) for k, at in wakes.items()},
                   within_s=60, what=second.tail())  # fmt: skip


def test_a_row_is_woken_once_at_its_time_also_after_a_crash(
    bus: Bus, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The due time stands in the row; whoever holds the row then says the tick, and says the due time."""
    with ToyWorker(bus, place, name="first") as first:
        first.await_ready()
        due = int(time.time() * 1000) + 120_000  # the first one is gone by then, whatever else the machine does
        say(bus, [hit("sleeper", "w", kind="wake", at=due)])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
        first.kill()
    assert rows(bus)["sleeper"].wake_at == due
    ahead_ms = due - int(time.time() * 1000) - 8_000
    clock_ahead(place, monkeypatch, by_ms=ahead_ms)
    with ToyWorker(bus, place, name="second") as second:
        second.await_ready()
        wait_until(lambda: rows(bus)["sleeper"].woken == (due,), within_s=60, what="woken")
        assert rows(bus)["sleeper"].wake_at is None
        assert time.time() * 1000 + ahead_ms >= due
        assert second.metric("leadstream_ticks_total") == 1


def test_effects_travel_in_blocks_to_other_rows(bus: Bus, place: Path) -> None:
    """A touch that a fold says reaches its row, several in one record."""
    with ToyWorker(bus, place) as worker:
        worker.await_ready()
        say(bus, [hit(f"k{number}", f"m{number}", kind="forward", reason="sink") for number in range(200)], block=50)
        wait_until(lambda: drained(bus) and "sink" in rows(bus), within_s=60, what="lag")
        wait_until(lambda: len(rows(bus)["sink"].seen) == 200, within_s=60, what="forwarded")
        assert worker.metric("leadstream_effects_total", 'topic="touches"') < 20


def test_a_worker_that_wakes_from_a_long_pause_dies_before_it_sends(bus: Bus, place: Path) -> None:
    """Its partitions belong to somebody else by then."""
    with ToyWorker(bus, place, name="sleeper") as sleeper:
        sleeper.await_ready()
        sleeper.freeze()
        say(bus, [hit("ann", "m")])
        time.sleep(7)  # the session timeout is 6 s: this is what is tested
        sleeper.thaw()
        assert sleeper.await_end(60) == BROKEN
        assert not changelog(bus)
        assert "slept past the session timeout" in sleeper.tail()


def test_a_worker_that_rejects_too_much_stops(bus: Bus, place: Path) -> None:
    """After a bad release the topic must not be drained into `rejected`."""
    with ToyWorker(bus, place, WORKER__REJECTED_MOST="0.2", WORKER__REJECTED_LEAST="50") as worker:
        worker.await_ready()
        say(bus, [hit("ann", f"m{number}", kind="bomb" if number % 2 else "hit") for number in range(400)])
        assert worker.await_end(60) == STOPPED
        assert "too many messages are rejected" in worker.tail()
    assert bus.lag(["touches"]) > 0


def test_a_worker_without_its_topics_says_so_and_stops(kafka: str, place: Path) -> None:
    """Starting again cannot help, so the exit code is another one."""
    nowhere = Bus(kafka, prefix="nowhere.", app_id="nowhere")
    with ToyWorker(nowhere, place) as worker:
        assert worker.await_end(60) == STOPPED
        said = json.loads(worker.tail(1))
        assert "leadstream topics apply" in said["reason"]
    nowhere.close()


def test_versions_grow_with_the_offset(bus: Bus, place: Path) -> None:
    """A row's version is the offset of the newest message in it."""
    with ToyWorker(bus, place) as worker:
        worker.await_ready()
        say(bus, [hit("ann", "a")])
        say(bus, [hit("ann", "b")])
        wait_until(lambda: drained(bus), within_s=60, what="lag")
    assert rows(bus)["ann"].version == Version(0, 1)
