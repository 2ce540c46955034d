"""What a row held of somebody who is erased leaves the disk too: files are written whole twice a day, old ones go."""

import os
from pathlib import Path

import pytest

from streams.engine.rows.shares import Mark
from streams.engine.rows.store import OLDEST_MS, WHOLE_MS, Store
from streams.metrics import Metrics

NOW = 1_790_000_000_000


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now

    def mark(self) -> Mark:
        return Mark(10, 9, 1, self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(place: Path, clock: Clock) -> Store:
    store = Store(place, names=("one",), now=clock, metrics=Metrics())
    assert store.open()
    return store


def test_a_file_is_written_whole_once_it_is_half_a_day_old_also_after_restarts(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path, clock)
    store.save_whole("leads", 0, iter([(b"ann", b"Ann Archer")]), mark=clock.mark())
    clock.now += WHOLE_MS
    store.save("leads", 0, iter([(b"ann", b"erased")]), mark=clock.mark())
    assert not store.must_be_whole("leads", 0)
    assert b"Archer" in (tmp_path / "leads-0.rows").read_bytes()
    again = Store(tmp_path, names=("one",), now=clock, metrics=Metrics())
    found = again.load("leads", 0)
    assert found is not None
    assert found.rows == {b"ann": b"erased"}
    clock.now += 1
    assert again.must_be_whole("leads", 0)
    again.save_whole("leads", 0, iter(found.rows.items()), mark=clock.mark())
    assert b"Archer" not in (tmp_path / "leads-0.rows").read_bytes()
    assert not again.must_be_whole("leads", 0)


def test_files_of_partitions_that_went_elsewhere_go_after_a_day(tmp_path: Path, clock: Clock) -> None:
    store = opened(tmp_path, clock)
    for partition in (0, 1):
        store.save_whole("leads", partition, iter([(b"ann", b"Ann Archer")]), mark=clock.mark())
    left, young = tmp_path / "leads-0.rows", tmp_path / "leads-1.rows"
    os.utime(left, ns=(0, (NOW - OLDEST_MS - 1) * 1_000_000))
    os.utime(young, ns=(0, (NOW - OLDEST_MS + 1_000) * 1_000_000))
    store.save_whole("leads", 2, iter([]), mark=clock.mark())
    assert sorted(path.name for path in tmp_path.glob("*.rows")) == ["leads-1.rows", "leads-2.rows"]
