"""G4 on a disk that forgets: a crash at every step of every path loses nothing that was promised."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from producers.collector.spool.disk import Disk
from producers.collector.spool.records import Spooled, framed
from producers.collector.spool.store import Store
from producers.errors import BadSettings
from tests.unit.producers.spool_disks import Crash, MemoryDisk

NOTHING, HALF, ALL = (lambda _: 0), (lambda n: n // 2), (lambda n: n)


def store(disk: Disk, *, segment_bytes: int = 200, now: int = 1_000) -> Store:
    made = Store(disk, segment_bytes=segment_bytes, now_ms=lambda: now)
    made.open()
    return made


def record(number: int) -> Spooled:
    return Spooled("t", number % 3, b"[%d]" % number)


def left_in(disk: MemoryDisk) -> list[Spooled]:
    """What the next process would replay."""
    return list(drained(store(disk)))


def drained(one: Store) -> Iterator[Spooled]:
    while (window := one.read(100)) is not None:
        yield from window.records
        one.advance(window.end)


class Life:
    """What one process does: appends records in groups, replays some windows now and then."""

    def __init__(self, disk: MemoryDisk) -> None:
        self.disk = disk
        self.promised: list[Spooled] = []
        self.replayed: list[Spooled] = []

    def live(self) -> None:
        one = store(self.disk)
        for number in range(0, 24, 2):
            group = [record(number), record(number + 1)]
            one.append(b"".join(map(framed, group)))
            self.promised += group
            if number in (8, 14, 16):
                window = one.read(100)
                assert window is not None
                self.replayed += window.records
                one.advance(window.end)
        for window_record in drained(one):
            self.replayed.append(window_record)
        one.append(framed(record(99)))
        self.promised.append(record(99))
        one.close()


def crash_at(step: int) -> Callable[[str], None]:
    steps = iter(range(step + 1))

    def before(_: str) -> None:
        if next(steps, None) == step:
            raise Crash

    return before


def steps_of_a_life() -> list[str]:
    told: list[str] = []
    disk = MemoryDisk()
    disk.before = told.append
    Life(disk).live()
    return told


def test_a_life_takes_every_step() -> None:
    assert set(steps_of_a_life()) == {
        "lock", "create", "write", "half a write", "sync", "sync names", "note", "half a note", "close", "remove",
        "unlock",
    }  # fmt: skip


@pytest.mark.parametrize("kept", [NOTHING, HALF, ALL], ids=["unsynced is lost", "half of it", "all of it is there"])
def test_g4_a_crash_at_any_step_loses_nothing_that_was_promised(kept: Callable[[int], int]) -> None:
    for step, _ in enumerate(steps_of_a_life()):
        life = Life(MemoryDisk())
        life.disk.before = crash_at(step)
        with pytest.raises(Crash):
            life.live()
        found = left_in(life.disk.lost(kept))
        assert {*life.promised} <= {*found, *life.replayed}
        assert {*found} <= {*life.promised, record(99), *map(record, range(24))}
        order = [found.index(one) for one in life.promised if one in found]
        assert order == sorted(order)


def test_g4_a_crash_after_a_crash_loses_nothing_either() -> None:
    """The second process dies at any step too, while it replays what the first one left."""
    for step in range(60):
        first = Life(MemoryDisk())
        first.disk.before = crash_at(step)
        with pytest.raises(Crash):
            first.live()
        for again in range(0, 60, 7):
            second = Life(first.disk.lost(HALF))
            second.disk.before = crash_at(again)
            with pytest.raises(Crash):
                second.live()
            found = {*left_in(second.disk.lost(NOTHING)), *first.replayed, *second.replayed}
            assert {*first.promised, *second.promised} <= found


@pytest.mark.parametrize("step", ["create", "write", "half a write", "sync", "sync names"])
def test_a_full_disk_refuses_and_keeps_what_it_had(step: str) -> None:
    disk = MemoryDisk()
    one = store(disk)
    for number in range(3):
        one.append(framed(record(number)))

    def full(now: str) -> None:
        if now == step:
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.before = full
    refused = 0
    for number in range(100, 120):
        try:
            one.append(framed(record(number)))
        except OSError:
            refused += 1
    assert refused > 10
    assert len(disk.files) <= 7, "failed attempts leave no files behind"
    disk.before = lambda _: None
    one.append(framed(record(7)))
    found = [*drained(one)]
    assert found[:3] == [record(0), record(1), record(2)]
    assert found[-1] == record(7)
    assert (one.size, disk.files, one.oldest_ms) == (0, {}, None)


def test_a_segment_is_closed_by_its_size_and_by_its_age() -> None:
    disk = MemoryDisk()
    now = 1_000
    one = Store(disk, segment_bytes=200, now_ms=lambda: now)
    one.open()
    for number in range(12):
        one.append(framed(record(number)))
    assert [len(file.data) <= 200 for file in disk.files.values()] == [True] * len(disk.files)
    before = len(disk.files)
    now += 60_001
    one.append(framed(record(12)))
    assert len(disk.files) == before + 1
    assert one.oldest_ms == 1_000


def test_a_record_longer_than_a_window_and_a_segment_is_read() -> None:
    one = store(MemoryDisk())
    long = Spooled("t", 0, b"x" * 5_000)
    one.append(framed(record(1)) + framed(long) + framed(record(2)))
    assert [*drained(one)] == [record(1), long, record(2)]


def test_until_kafka_has_it_the_same_is_read_again() -> None:
    one = store(MemoryDisk())
    one.append(framed(record(1)))
    first = one.read(100)
    assert one.read(100) == first
    assert first is not None
    one.advance(first.end)
    assert one.read(100) is None


def test_segments_that_wait_are_not_held_open(tmp_path: Path) -> None:
    """A week's outage has more of them than a process may have files."""
    one = store(Disk(tmp_path), segment_bytes=40)
    for number in range(50):
        one.append(framed(record(number)))
    assert len([*tmp_path.glob("*.spool")]) > 20
    opened = [Path(link).readlink() for link in Path("/proc/self/fd").iterdir() if Path(link).is_symlink()]
    assert len([path for path in opened if path.suffix == ".spool" and path.parent == tmp_path]) == 1
    assert [*drained(one)] == [*map(record, range(50))]
    one.close()


def test_what_is_left_behind_a_window_is_told() -> None:
    one = store(MemoryDisk(), segment_bytes=10_000)
    frames = [framed(record(number)) for number in range(10)]
    one.append(b"".join(frames))
    window = one.read(3 * len(frames[0]))
    assert window is not None
    assert (len(window.records), window.left) == (3, sum(map(len, frames[3:])))


def test_on_a_real_disk_a_second_process_is_refused_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """One writer per directory, for the owner's eyes only."""
    one = store(Disk(tmp_path / "deep" / "spool"))
    one.append(framed(record(1)) + framed(record(2)) + framed(record(3)))
    with pytest.raises(BadSettings, match=r"another collector uses .*spool: give each its own"):
        store(Disk(tmp_path / "deep" / "spool"))
    window = one.read(len(framed(record(1))))
    assert window is not None
    one.advance(window.end)
    one.close()
    two = store(Disk(tmp_path / "deep" / "spool"))
    assert [*drained(two)] == [record(2), record(3)]
    assert sorted(path.name for path in (tmp_path / "deep" / "spool").iterdir()) == ["lock", "position"]
    assert (tmp_path / "deep" / "spool" / "position").stat().st_mode & 0o077 == 0
    two.close()


def test_what_a_newer_version_wrote_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "0000000004.spool").write_bytes(b"LSSPOOL\x02" + b"?" * 100)
    with pytest.raises(BadSettings, match="newer version"):
        store(Disk(tmp_path))


def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadSettings, match=r"LEADSTREAM_SPOOL__DIRECTORY: cannot write .*file"):
        store(Disk(tmp_path / "file"))


def test_a_stale_position_never_hides_a_new_segment() -> None:
    """A number that a note may name is not used again."""
    disk = MemoryDisk()
    one = store(disk)
    for number in range(3):
        one.append(framed(record(number)))
        assert [*drained(one)] == [record(number)]
    stale = disk.position
    one.close()
    for _ in range(3):
        disk.position = stale
        again = store(disk)
        again.append(framed(record(7)))
        assert [*drained(again)] == [record(7)]
