"""A worker that was killed comes back on an empty disk, and on its own, a part of which lies: its rows are the same."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.integration.bus import Bus, new_bus, wait_until
from tests.integration.disks import stored
from tests.integration.toy_bus import ToyWorker, changelog, hit, rows, say
from tests.integration.toys import CODEC, Pile

pytestmark = [pytest.mark.slow, pytest.mark.kafka]

KEYS = 400
EVERY_S = "0.3"
NUMBERS = count(1)


@pytest.fixture
def bus(embedded_kafka: str) -> Iterator[Bus]:
    """Topics of this test's own on the embedded broker."""
    with new_bus(embedded_kafka, f"disk{next(NUMBERS)}") as one:
        yield one


def told(bus: Bus) -> dict[bytes, bytes]:
    """What the changelog says: of each key its newest row, encoded."""
    return {key.encode(): CODEC.encode(row) for key, row in rows(bus).items()}


def drained(bus: Bus) -> bool:
    return bus.lag(["touches"]) == 0


@pytest.mark.parametrize("disk", ["lost", "corrupt"])
def test_rows_are_the_same_whatever_became_of_the_disk(bus: Bus, place: Path, disk: str) -> None:
    """Corrupt: one file of four; the rows of the others come from the disk."""
    files = place / "worker" / "rows"
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S=EVERY_S) as first:
        first.await_ready()
        say(bus, [hit(f"k{number % KEYS}", f"a{number}") for number in range(2 * KEYS)])
        wait_until(lambda: drained(bus) and stored(files, bus, "leads") == told(bus), within_s=60, what="saved")
        say(bus, [hit(f"k{number}", "late") for number in range(0, KEYS, 3)])
        first.kill()
    happens(disk, files)
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S=EVERY_S) as second:
        second.await_ready()
        wait_until(lambda: drained(bus), within_s=60, what=second.tail())
        loaded = second.metric("leadstream_store_rows_loaded_total")
        assert (0 < loaded < KEYS) if disk == "corrupt" else (loaded == 0)
        assert second.metric("leadstream_store_distrusted_total") == (disk == "corrupt")
        assert second.metric("leadstream_rows", 'table="leads"') == KEYS
        say(bus, [hit(f"k{number}", "new") for number in range(KEYS)])
        wait_until(lambda: drained(bus) and stored(files, bus, "leads") == told(bus), within_s=60, what="saved again")
    assert all({"new", f"a{number}"} < row.seen.keys() for number, row in _numbered(bus))
    assert len({key for key, _, _ in changelog(bus)}) == KEYS


def test_a_worker_that_stops_leaves_all_its_rows_on_its_disk(bus: Bus, place: Path) -> None:
    """No round of saving comes in its life but the last one."""
    files = place / "worker" / "rows"
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S="3600") as first:
        first.await_ready()
        say(bus, [hit(f"k{number}", "a") for number in range(KEYS)])
        wait_until(lambda: drained(bus), within_s=60, what=first.tail())
        first.end()
        assert first.await_end(60) == 0, first.tail()
    assert stored(files, bus, "leads") == told(bus)
    with ToyWorker(bus, place) as second:
        second.await_ready()
        assert second.metric("leadstream_store_rows_loaded_total") == KEYS
        assert second.metric("leadstream_store_distrusted_total") == 0


def happens(disk: str, files: Path) -> None:
    if disk == "lost":
        shutil.rmtree(files)
        return
    raw = bytearray((files / "leads-0.rows").read_bytes())
    raw[len(raw) // 2] ^= 1
    (files / "leads-0.rows").write_bytes(raw)


def _numbered(bus: Bus) -> list[tuple[int, Pile]]:
    return [(int(key[1:]), row) for key, row in rows(bus).items()]
