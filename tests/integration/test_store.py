"""A worker that was killed comes back on its own disk, on an empty one, and on one that lies: its rows are the same."""

from pathlib import Path
from random import Random

import pytest
from kafka import KafkaProducer

from tests.integration.bus import Bus, wait_until
from tests.integration.disks import DISKS, stored
from tests.integration.toy_bus import ToyWorker, changelog, hit, rows, say
from tests.integration.toys import CODEC, Pile

pytestmark = pytest.mark.slow

KEYS = 400
EVERY_S = "0.3"


def told(bus: Bus) -> dict[bytes, bytes]:
    """What the changelog says: of each key its newest row, encoded."""
    return {key.encode(): CODEC.encode(row) for key, row in rows(bus).items()}


def drained(bus: Bus) -> bool:
    return bus.lag(["touches"]) == 0


@pytest.mark.parametrize("disk", ["kept", "lost", "corrupt"])
def test_rows_are_the_same_whatever_became_of_the_disk(bus: Bus, place: Path, disk: str) -> None:
    files = place / "worker" / "rows"
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S=EVERY_S) as first:
        first.await_ready()
        say(bus, [hit(f"k{number % KEYS}", f"a{number}") for number in range(2 * KEYS)])
        wait_until(lambda: drained(bus) and stored(files, bus, "leads") == told(bus), within_s=30, what="saved")
        say(bus, [hit(f"k{number}", "late") for number in range(0, KEYS, 3)])
        first.kill()
    DISKS[disk](files, Random(1))
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S=EVERY_S) as second:
        second.await_ready()
        wait_until(lambda: drained(bus), within_s=30, what=second.tail())
        loaded = second.metric("leadstream_store_rows_loaded_total")
        assert (loaded == KEYS) if disk == "kept" else (loaded < KEYS)
        assert (second.metric("leadstream_store_distrusted_total") == 0) == (disk != "corrupt")
        assert second.metric("leadstream_rows", 'table="leads"') == KEYS
        say(bus, [hit(f"k{number}", "new") for number in range(KEYS)])
        wait_until(lambda: drained(bus) and stored(files, bus, "leads") == told(bus), within_s=30, what="saved again")
    assert all({"new", f"a{number}"} < row.seen.keys() for number, row in _numbered(bus))
    assert len({key for key, _, _ in changelog(bus)}) == KEYS


def _numbered(bus: Bus) -> list[tuple[int, Pile]]:
    return [(int(key[1:]), row) for key, row in rows(bus).items()]


def test_a_changelog_that_was_made_anew_counts_and_not_the_disk(bus: Bus, place: Path) -> None:
    """Another topic under the same name, as long as the old one: what the disk has is not in it."""
    files, name = place / "worker" / "rows", f"{bus.app_id}-leads-changelog"
    with ToyWorker(bus, place, WORKER__STORE_EVERY_S=EVERY_S) as first:
        first.await_ready()
        say(bus, [hit(f"k{number}", "old") for number in range(KEYS)])
        wait_until(lambda: drained(bus) and stored(files, bus, "leads") == told(bus), within_s=30, what="saved")
        first.kill()
    records = bus.read_full(name)
    bus.admin.delete_topics([name])
    wait_until(lambda: name not in bus.admin.list_topics(), within_s=30, what="the changelog is gone")
    bus.create()
    producer = KafkaProducer(bootstrap_servers=bus.bootstrap)
    for one in records[: len(records) - 4] + records[:4]:
        producer.send(name, key=one.key.encode(), value=one.value, partition=one.partition)
    producer.close(10)
    with ToyWorker(bus, place, name="worker") as second:
        second.await_ready()
        assert second.metric("leadstream_store_distrusted_total", "not_in_changelog") == bus.partitions
        assert second.metric("leadstream_rows") == len(rows(bus)) < KEYS
