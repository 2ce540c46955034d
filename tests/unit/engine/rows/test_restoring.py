"""The local store and restoring together, over changelogs that are lists: what is believed, what is read again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka import TopicPartition
from faust.types import TP

from schemas.activity import Version
from schemas.topics import partition_of
from streams.engine.rows.changelogs import sum_of
from streams.engine.rows.recovery_progress import RecoveryProgress
from streams.engine.rows.restoring import Restoring
from streams.engine.rows.saving import Saving
from streams.engine.rows.shares import Mark
from streams.engine.rows.store import OLDEST_MS, Store
from streams.engine.rows.table import RowTable
from streams.metrics import Metrics
from tests.integration.toys import CODEC, Pile
from tests.unit.engine.conftest import raising
from tests.unit.engine.rows.test_table import CHANGELOG, Keeper

CHANGED = TP(CHANGELOG, partition_of("ann", 4))


def record(offset: int, key: str, version: int | None, name: str = "") -> Any:
    """Version None: a tombstone."""
    row = None if version is None else CODEC.encode(Pile(Version(0, version), 0, None, {name: Version(0, version)}))
    return SimpleNamespace(offset=offset, key=key.encode(), value=row, timestamp=1_000 + offset)


class Log:
    """A changelog as a reader sees it: the double of `Changelogs`. `read`: offsets that were handed out."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.records = list(records)
        self.read: list[int] = []
        self._at: dict[TopicPartition, int] = {}
        self._fetched: set[TopicPartition] = set()
        self.breaks = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Any]:
        yield self

    @property
    def end(self) -> int:
        return self.records[-1].offset + 1 if self.records else 0

    async def bounds(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        return dict.fromkeys(tps, (0, self.end))

    def begin(self, starts: Mapping[TopicPartition, int]) -> None:
        self._at = {tp: at if at <= self.end else 0 for tp, at in starts.items()}
        self._fetched.clear()

    def again(self, tp: TopicPartition) -> None:
        self._at[tp] = 0

    def done(self, tps: Iterable[TopicPartition]) -> None: ...

    async def batch(self) -> Mapping[TopicPartition, list[Any]]:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError("Kafka is away")
        found = {}
        for tp, at in self._at.items():
            self._fetched.add(tp)
            ready = [one for one in self.records if one.offset >= at][:2]
            self._at[tp] = ready[-1].offset + 1 if ready else self.end
            if ready:
                found[tp] = ready
                self.read += [one.offset for one in ready]
        return found

    async def behind(self, tp: TopicPartition) -> int | None:
        return self.end - self._at[tp] if tp in self._fetched else None

    async def newest(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, tuple[int, Any]]:
        return dict.fromkeys(tps, (self.end, self.records[-1])) if self.records else {}


class Life:
    """One process with its rows and its disk."""

    def __init__(self, place: Path, log: Log, *, app_id: str = "app", now: int = 5_000) -> None:
        app = faust.App("app", Table=RowTable, store="memory://", web_enabled=False)
        self.table: Any = app.Table("leads", key_type=bytes, value_type=bytes, partitions=4, die=raising)
        self.keeper = Keeper()
        self.table.attach(self.keeper)
        self.now = now
        self.metrics = Metrics()
        self.log = log
        log.read.clear()
        self.store = Store(place, names=(app_id,), now=lambda: self.now, metrics=self.metrics)
        connected: Any = log.connected
        progress = RecoveryProgress(self.metrics)
        self.restoring = Restoring(
            [self.table], store=self.store, connected=connected, progress=progress, metrics=self.metrics
        )
        self.unsettled: list[str] = []
        self.saving = Saving(
            self.store, [self.table], connected=connected, settled=self._settled, now=lambda: self.now,
            metrics=self.metrics,
        )  # fmt: skip

    async def _settled(self) -> None:
        while self.unsettled:
            await asyncio.sleep(0)

    async def start(self) -> dict[str, str]:
        """The rows that it knows then: key and what its row has seen."""
        await self.restoring.restore({"leads": {CHANGED.partition}})
        await self.table.on_recovery_completed({CHANGED}, set())
        return self.rows()

    def rows(self) -> dict[str, str]:
        return {key.decode(): "".join(CODEC.decode(self.table.data[key]).seen) for key in self.table.data}

    def put(self, key: str, version: int, name: str) -> None:
        """A row, in memory and in the changelog."""
        one = record(self.log.end, key, version, name)
        self.table[one.key] = one.value
        self._append(one)

    def erase(self, key: str) -> None:
        del self.table[key.encode()]
        self._append(record(self.log.end, key, None))

    def _append(self, one: Any) -> None:
        self.log.records.append(one)
        self.table.tails.ours(CHANGED, one.offset)

    def distrusted(self, reason: str) -> float:
        return self.metrics.value("store_distrusted", reason)


def same_partition(count: int) -> list[str]:
    names = (f"k{number}" for number in range(1_000))
    return [name for name in names if partition_of(name, 4) == CHANGED.partition][:count]


A, B, C, D = same_partition(4)


@pytest.fixture
async def log(tmp_path: Path) -> Log:
    """A life that saved two rows, one of them changed, one more erased, and wrote a fourth without saving it."""
    one = Log([record(0, A, 1, "a"), record(1, B, 2, "b"), record(2, C, 3, "c")])
    life = Life(tmp_path, one)
    assert await life.start() == {A: "a", B: "b", C: "c"}
    await life.saving.save()
    life.put(A, 10, "x")
    life.erase(C)
    await life.saving.save()
    life.put(D, 12, "d")
    return one


def file_in(place: Path) -> Path:
    (path,) = place.glob("*.rows")
    return path


def size_of(path: Path) -> int:
    return path.stat().st_size


AFTER = {A: "x", B: "b", D: "d"}


async def test_only_what_is_not_in_the_store_is_read(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    assert await life.start() == AFTER
    assert log.read == [4, 5]  # the last one that it knows, to be sure, and the one that came after
    assert life.metrics.value("store_rows_loaded", "leads") == 2
    assert life.keeper.came[0].keys() == {key.encode() for key in AFTER}


async def test_what_was_read_on_top_is_saved_as_a_change(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    await life.start()
    await life.saving.save()
    assert life.metrics.value("store_saves", "changes") == 1
    again = Life(tmp_path, log)
    assert await again.start() == AFTER
    assert log.read == [5]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda log: log.records.pop(4), "not_in_changelog", id="its last record was compacted away"),
        pytest.param(lambda log: log.records.__delitem__(slice(3, None)), "not_in_changelog", id="shorter"),
        pytest.param(lambda log: log.records.__setitem__(4, record(4, B, 9, "?")), "not_in_changelog", id="another"),
        pytest.param(lambda log: log.records.clear(), "not_in_changelog", id="empty"),
    ],
)
async def test_a_changelog_that_is_not_the_one_it_was_is_believed(
    log: Log, tmp_path: Path, change: Any, reason: str
) -> None:
    """It was made anew, or compacted; what it says now counts, and nothing else."""
    change(log)
    bare = Life(tmp_path / "empty disk", log)
    truth = await bare.start()
    life = Life(tmp_path, log)
    assert await life.start() == truth
    assert life.distrusted(reason) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"app_id": "other"}, "foreign", id="of another installation"),
        pytest.param({"now": 5_001 + OLDEST_MS}, "old", id="too old: an erased row may have left no trace"),
        pytest.param({"now": 4_999 - OLDEST_MS}, "old", id="from the future"),
    ],
)
async def test_a_copy_that_is_not_surely_ours_is_not_used(
    log: Log, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    life = Life(tmp_path, log, **change)
    assert await life.start() == AFTER
    assert life.distrusted(reason) == 1
    assert log.read == [0, 1, 2, 3, 4, 5]


async def test_a_broken_file_is_read_around_and_written_anew(log: Log, tmp_path: Path) -> None:
    path = file_in(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    life = Life(tmp_path, log)
    assert await life.start() == AFTER
    assert life.distrusted("corrupt") == 1
    await life.saving.save()
    again = Life(tmp_path, log)
    assert await again.start() == AFTER
    assert log.read == [5]


async def test_rows_that_are_not_acknowledged_are_not_saved(log: Log, tmp_path: Path) -> None:
    """Nothing is written while they are on their way, and then no more than was there when it was asked for."""
    life = Life(tmp_path, log)
    await life.start()
    path = file_in(tmp_path)
    size = size_of(path)
    life.unsettled.append("a row")
    saving = asyncio.create_task(life.saving.save())
    for _ in range(50):
        await asyncio.sleep(0)
    assert size_of(path) == size
    life.put(B, 20, "later")
    life.unsettled.clear()
    await saving
    assert await Life(tmp_path, log).start() == {**AFTER, B: "later"}
    assert log.read == [5, 6]


async def test_a_save_that_fails_is_made_up_for_by_a_whole_one(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    await life.start()
    path = file_in(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        await life.saving.save()
    path.rmdir()
    await life.saving.save()
    assert life.metrics.value("store_saves", "whole") == 1
    assert await Life(tmp_path, log).start() == AFTER


async def test_a_partition_that_moved_away_meanwhile_is_not_saved(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    await life.start()
    life.unsettled.append("a row")
    saving = asyncio.create_task(life.saving.save())
    await asyncio.sleep(0.01)
    await life.table.on_rebalance(set(), {CHANGED}, set())
    life.unsettled.clear()
    await saving
    assert life.metrics.value("store_saves", "changes") == 0


async def test_the_last_round_of_a_worker_waits_for_one_that_is_under_way(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    await life.start()
    life.unsettled.append("a row")
    saving = asyncio.create_task(life.saving.save())
    await asyncio.sleep(0)
    life.put(B, 20, "later")
    last = asyncio.create_task(life.saving.last())
    await asyncio.sleep(0.01)
    assert not last.done()
    life.unsettled.clear()
    await asyncio.gather(saving, last)
    assert await Life(tmp_path, log).start() == {**AFTER, B: "later"}
    assert log.read == [log.end - 1]  # to compare


async def test_a_stop_does_not_wait_for_ever_for_its_last_round(log: Log, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("streams.engine.rows.saving.LAST_S", 0.01)
    life = Life(tmp_path, log)
    await life.start()
    life.unsettled.append("a row that never lands")
    await asyncio.wait_for(life.saving.last(), 20)
    life.unsettled.clear()
    await life.saving.save()
    assert await Life(tmp_path, log).start() == AFTER


async def test_a_disk_that_fails_does_not_hold_up_a_stop(log: Log, tmp_path: Path) -> None:
    life = Life(tmp_path, log)
    await life.start()
    path = file_in(tmp_path)
    path.unlink()
    path.mkdir()
    await life.saving.last()
    assert life.metrics.value("store_failures") == 1


async def test_restoring_goes_on_where_kafka_went_away(log: Log, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("streams.engine.rows.restoring.AGAIN_S", 0)
    life = Life(tmp_path, log)
    log.breaks = 3
    assert await life.start() == AFTER


async def test_a_load_that_was_interrupted_is_made_again(log: Log, tmp_path: Path) -> None:
    """The rows of a copy that nobody compared with the changelog do not count."""
    life = Life(tmp_path, log)
    log.breaks = 1_000_000
    restoring = asyncio.create_task(life.restoring.restore({"leads": {CHANGED.partition}}))
    share = life.table.data.share(CHANGED.partition)
    while share.loaded is None:
        await asyncio.sleep(0.001)
    restoring.cancel()
    await asyncio.gather(restoring, return_exceptions=True)
    log.breaks = 0
    assert await life.start() == AFTER


async def test_an_older_row_that_lies_last_is_found_from_the_store_too(log: Log, tmp_path: Path) -> None:
    log.records.append(record(log.end, A, 5, "zombie"))
    life = Life(tmp_path, log)
    assert await life.start() == AFTER
    assert [key for rows in life.table.take().values() for key in rows] == [A.encode()]


async def test_nothing_is_saved_behind_what_somebody_else_wrote(log: Log, tmp_path: Path) -> None:
    """A restart that began behind it would not see that it must be written over."""
    life = Life(tmp_path, log)
    await life.start()
    log.records.append(record(log.end, A, 5, "zombie"))
    life.put(B, 20, "later")
    await life.saving.save()
    assert life.metrics.value("store_saves", "changes") == 0
    life.table.tails.looked_at(CHANGED, (6, 7))
    await life.saving.save()
    assert life.metrics.value("store_saves", "changes") == 1


def test_a_place_is_one_process_s(tmp_path: Path) -> None:
    first, second = (Store(tmp_path, names=(), now=lambda: 0, metrics=Metrics()) for _ in range(2))
    assert first.open()
    assert not second.open()


def test_a_record_is_known_by_its_time_too() -> None:
    one, other = record(1, A, 1, "a"), record(1, A, 1, "a")
    other.timestamp += 1
    assert sum_of(one) != sum_of(other)
    assert Mark(2, 1, sum_of(one), 0).last_sum == sum_of(record(1, A, 1, "a"))
