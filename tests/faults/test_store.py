"""Faults of what a worker remembers: its disk (F17), and where its group stands (F26)."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from deploy.local.topics import delete
from schemas.codec import TOUCHES
from streams.engine.guards.exits import STOPPED
from tests.faults.record import Figure, found, named, recorded
from tests.integration.brokers import broker, given, needed
from tests.integration.bus import Bus, new_bus, wait_until
from tests.integration.disks import DISKS, Happens, stored
from tests.integration.ledger import Ledger
from tests.integration.proof import proved
from tests.integration.siege import Siege
from tests.integration.toy_bus import ToyWorker, announced, changelog, hit, rows, say
from tests.integration.toys import CODEC
from tests.integration.workers import metric

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(600)]

KIND: Final = given("embedded")
REAL: Final = given("apache")
PEOPLE, EVENTS = 400, 4_000
KEYS = 200
NUMBERS = count(1)


@pytest.fixture(scope="module")
def apache() -> Iterator[str]:
    """A real Kafka: retention and compaction are what is tested."""
    needed(REAL)
    with broker(REAL) as bootstrap:
        yield bootstrap


@pytest.fixture
def bus(apache: str) -> Iterator[Bus]:
    """Topics of this test's own."""
    with new_bus(apache, f"store{next(NUMBERS)}") as one:
        yield one


def comes_back(siege: Siege, place: Path, happens: Happens) -> None:
    """The worker is killed when something of it is stored; the next one gets what became of its disk."""
    (victim,) = siege.workers
    wait_until(lambda: metric(victim.port, "leadstream_store_saves_total") > 0, within_s=30, what="rows stored")
    victim.kill()
    siege.workers.remove(victim)
    files = place / victim.name / "rows"
    happens(files, siege.random)
    heir = place / f"worker-{int(victim.name.rpartition('-')[2]) + 1}"
    if files.exists():
        heir.mkdir()
        files.rename(heir / "rows")
    assert siege.join().name == heir.name
    siege.all_ready()


@pytest.mark.kafka
@pytest.mark.parametrize("disk", sorted(DISKS))
def test_f17_a_disk_that_is_lost_or_lies(disk: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three times in a row, under load."""

    def happens(siege: Siege) -> None:
        siege.feed([lambda: comes_back(siege, tmp_path, DISKS[disk])] * 3)

    with capsys.disabled():
        proved(f"f17-{disk}", happens, kind=KIND, place=tmp_path, people=PEOPLE, events=EVENTS)


# ─── on a real Kafka
def drained(bus: Bus) -> bool:
    return bus.lag(["touches"]) == 0


def said(bus: Bus, sent: set[tuple[str, str]], *, gap: int) -> None:
    """The ledger of a toy world: ids in rows and moves against what was sent."""
    held = {(key, name) for key, row in rows(bus).items() for name in row.seen}
    moves = {(key, name) for key, _, name in (one.lead_id.partition("/") for one in announced(bus))}
    ledger = Ledger(accepted=len(sent), seed=0, lost=len(sent - held) + len(sent - moves), phantom=len(held - sent))
    found(ledger, Figure(name="gap", value=gap, unit=" records"))
    assert (ledger.lost, ledger.phantom) == (0, 0)


def worked_off(bus: Bus, place: Path, prefix: str) -> set[tuple[str, str]]:
    """A worker that folds some messages, stores and commits them, and is killed."""
    sent = [hit(f"k{number % KEYS}", f"{prefix}{number}") for number in range(3 * KEYS)]
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S="0.3") as worker:
        worker.await_ready()
        say(bus, sent)
        files = place / "worker" / "rows"
        wait_until(lambda: drained(bus) and _stored_all(files, bus), within_s=60, what=f"stored\n{worker.tail()}")
        worker.kill()
    return {(one.to, one.milestone_id) for one in sent}


def _stored_all(files: Path, bus: Bus) -> bool:
    return stored(files, bus, "leads") == {key.encode(): CODEC.encode(row) for key, row in rows(bus).items()}


@recorded("f17-compacted", broker=REAL)
@pytest.mark.apache
def test_f17_the_changelog_was_compacted_meanwhile(bus: Bus, tmp_path: Path) -> None:
    """The disk is old, and what it goes on from is gone: rebuilt from what compaction left, to the same rows."""
    name = f"{bus.app_id}-leads-changelog"
    sent = worked_off(bus, tmp_path, "a")
    old = tmp_path / "old"
    (tmp_path / "worker" / "rows").rename(old)
    sent |= worked_off(bus, tmp_path, "b") | worked_off(bus, tmp_path, "c")
    before, records = rows(bus), len(changelog(bus))
    settings = {"segment.ms": "100", "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "1000",
                "min.cleanable.dirty.ratio": "0.001"}  # fmt: skip
    bus.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, settings)])
    sent |= worked_off(bus, tmp_path, "d") | worked_off(bus, tmp_path, "e")  # the newest segment is never compacted
    wait_until(lambda: len(changelog(bus)) < records, within_s=90, what="compacted")
    now = rows(bus)
    files = tmp_path / "worker" / "rows"
    for path in files.glob("*.rows"):
        path.unlink()
    for path in old.glob("*.rows"):
        path.rename(files / path.name)
    with ToyWorker(bus, tmp_path) as worker:
        worker.await_ready()
        assert worker.metric("leadstream_store_distrusted_total", "not_in_changelog") > 0
        assert worker.metric("leadstream_rows", 'table="leads"') == KEYS == len(before)
        wait_until(lambda: _stored_all(files, bus), within_s=30, what="stored anew")
    assert rows(bus) == now
    said(bus, sent, gap=0)


@recorded("f17-made-anew", broker=REAL)
@pytest.mark.apache
def test_f17_the_changelog_was_made_anew(bus: Bus, tmp_path: Path) -> None:
    """Another topic under the same name, as long as the old one: what the disk has is not in it, and does not count."""
    name = f"{bus.app_id}-leads-changelog"
    worked_off(bus, tmp_path, "a")
    records = bus.read_full(name)
    delete(bus.admin, [name])
    bus.create()
    bus.look_again()  # its leaders are others
    again = records[: len(records) - 4] + records[:4]
    bus.write_keyed(name, ((one.partition, one.key.encode(), one.value) for one in again))
    with ToyWorker(bus, tmp_path) as worker:
        worker.await_ready()
        assert worker.metric("leadstream_store_distrusted_total", "not_in_changelog") == bus.partitions
        assert worker.metric("leadstream_rows") == len(rows(bus))
    found(Ledger(accepted=len(records), seed=0))


def forgotten(bus: Bus) -> None:
    """The broker has lost what the group committed."""

    def gone() -> bool:
        with suppress(Exception):
            bus.admin.delete_groups([bus.app_id])
        return not any(bus.committed(["touches"]).values())

    wait_until(gone, within_s=60, what="the group is gone")  # its last member must time out first


def ends_with_a_page(bus: Bus, place: Path) -> tuple[int, str]:
    """Starts a worker that must stop; what its gap gauge said before it did, and its last lines."""
    with ToyWorker(bus, place) as worker:
        wait_until(lambda: _gap(worker) or worker.child.poll() is not None, within_s=60, what="a gap", every_s=0.05)
        gap = _gap(worker)
        assert worker.await_end(60) == STOPPED, worker.tail()
        return int(gap), worker.tail()


def _gap(worker: ToyWorker) -> float:
    with suppress(OSError):
        return worker.metric("leadstream_inbox_gap_records")
    return 0


@recorded("f26-group", broker=REAL)
@pytest.mark.apache
def test_f26_a_deleted_group_with_its_inbox_whole_reads_it_again(bus: Bus, tmp_path: Path) -> None:
    """Nothing is missing, so nothing stops; all comes again, and changes nothing."""
    sent = worked_off(bus, tmp_path, "a")
    before = rows(bus)
    forgotten(bus)
    with ToyWorker(bus, tmp_path) as worker:
        worker.await_ready()
        wait_until(lambda: drained(bus), within_s=60, what=worker.tail())
        assert "no_committed_offset" in worker.tail(200)
        assert worker.metric("leadstream_inbox_gap_records") == 0
    assert rows(bus) == before
    said(bus, sent, gap=0)


@recorded("f26", broker=REAL)
@pytest.mark.apache
@pytest.mark.parametrize("lost", ["group", "retention"])
def test_f26_what_nobody_read_and_is_gone_stops_the_worker(lost: str, bus: Bus, tmp_path: Path) -> None:
    """The gauge says how many; a person says that it goes on."""
    named("retention" if lost == "retention" else "group-and-retention")
    sent: Any = worked_off(bus, tmp_path, "a")
    read = bus.ends(["touches"])
    unread = [hit(f"k{number % KEYS}", f"b{number}") for number in range(2 * KEYS)]
    say(bus, unread)
    if lost == "group":
        forgotten(bus)
    missing = 3
    begins = {top: end + missing for top, end in read.items()}
    bus.admin.delete_records(begins)  # as retention does
    gap, tail = ends_with_a_page(bus, tmp_path)
    assert gap == missing * bus.partitions, tail
    assert "inbox_gap" in tail
    kept = {(one.to, one.milestone_id) for one in unread} & _still_there(bus, begins)
    with ToyWorker(bus, tmp_path, WORKER__LOST_OFFSETS="replay") as worker:
        worker.await_ready()
        wait_until(lambda: drained(bus), within_s=60, what=worker.tail())
    said(bus, sent | kept, gap=gap)


def _still_there(bus: Bus, begins: dict[TopicPartition, int]) -> set[tuple[str, str]]:
    """What can still be read."""
    blocks: list[Any] = [TOUCHES.decode(one.value)[0] for one in bus.read("touches", begins)]
    return {(one.to, one.milestone_id) for block in blocks for one in block}
