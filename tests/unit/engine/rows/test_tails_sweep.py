"""Records in our changelogs that we did not write: how they are noticed, and what is done about them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from faust.types import TP

from schemas.activity import Version
from schemas.topics import partition_of
from streams.engine.rows.sweep import Sweep
from streams.engine.rows.tails import Span, Tails
from streams.metrics import Metrics
from tests.integration.toys import CODEC, Pile
from tests.unit.engine.conftest import FakeProducer
from tests.unit.engine.sending.test_book_pump import Desk

ANN = partition_of("ann", 4)
CHANGELOG = TP("desk-leads-changelog", ANN)


def pile(offset: int, *names: str) -> Pile:
    version = Version(0, offset)
    return Pile(version, 0, None, dict.fromkeys(names, version))


# ─── tails
def test_records_of_ours_that_follow_on_leave_no_gap() -> None:
    tails = Tails()
    tails.follow(CHANGELOG, 7)
    for offset in (7, 8, 9):
        tails.ours(CHANGELOG, offset)
    assert (tails.known(CHANGELOG), tails.end(CHANGELOG), tails.gaps(CHANGELOG)) == (10, 10, [])


def test_a_batch_counts_whole() -> None:
    tails = Tails()
    tails.follow(CHANGELOG, 0)
    tails.ours(CHANGELOG, 0, 4)
    tails.ours(CHANGELOG, 6, 2)
    assert (tails.known(CHANGELOG), tails.end(CHANGELOG), tails.gaps(CHANGELOG)) == (4, 8, [(4, 6)])


def test_what_we_did_not_write_is_a_gap_until_it_was_looked_at() -> None:
    tails = Tails()
    tails.follow(CHANGELOG, 0)
    for offset in (0, 3, 4, 6):
        tails.ours(CHANGELOG, offset)
    assert (tails.known(CHANGELOG), tails.end(CHANGELOG), tails.gaps(CHANGELOG)) == (1, 7, [(1, 3), (5, 6)])
    tails.looked_at(CHANGELOG, (1, 3))
    assert tails.known(CHANGELOG) == 5
    tails.looked_at(CHANGELOG, (5, 6))
    assert tails.known(CHANGELOG) == 7


def test_a_partition_that_left_is_not_followed() -> None:
    tails = Tails()
    tails.follow(CHANGELOG, 5)
    tails.forget({CHANGELOG})
    tails.ours(CHANGELOG, 9)
    assert (tails.known(CHANGELOG), tails.end(CHANGELOG), tails.followed()) == (None, None, [])


def test_what_lay_behind_us_counts_as_known_only_if_nothing_of_ours_came_meanwhile() -> None:
    tails = Tails()
    tails.follow(CHANGELOG, 5)
    tails.looked_at(CHANGELOG, (5, 8))
    assert tails.end(CHANGELOG) == 8
    tails.ours(CHANGELOG, 9)
    tails.looked_at(CHANGELOG, (5, 8))
    assert (tails.end(CHANGELOG), tails.gaps(CHANGELOG)) == (10, [(8, 9)])


# ─── sweep
class Log:
    """One changelog partition, as brokers have it: what we write and what others do."""

    def __init__(self, producer: FakeProducer) -> None:
        self.producer = producer
        self.desk = Desk(producer)
        self.records: dict[int, tuple[bytes | None, bytes | None]] = {}
        self.reads: list[Span] = []
        self.awake = True
        self.leaves = False  # the partition moves away while we read
        self.metrics = Metrics()
        self.sweep = Sweep([self.desk.book], ends=self.ends, read=self.read, awake=lambda: self.awake,
                           metrics=self.metrics)  # fmt: skip
        self.desk.book.tails.follow(CHANGELOG, 0)

    async def ends(self, tps: Sequence[TP]) -> Mapping[TP, int]:
        return {tp: self.producer.ends[tp] for tp in tps}

    async def read(self, tp: TP, span: Span, /) -> AsyncIterator[tuple[bytes | None, bytes | None]]:
        self.reads.append(span)
        for offset in range(*span):
            if offset in self.records:
                yield self.records[offset]
        if self.leaves:
            self.desk.book.tails.forget([CHANGELOG])

    async def put(self, row: Pile) -> None:
        """Ours, acknowledged."""
        self.desk.book.put("ann", row)
        await self.desk.book.flush(everything=True)
        self.producer.acknowledge()
        await asyncio.sleep(0)

    def strange(self, row: Pile | None, key: bytes = b"ann") -> None:
        """Somebody else's."""
        self.records[self.producer.ends[CHANGELOG]] = (key, None if row is None else CODEC.encode(row))
        self.producer.ends[CHANGELOG] += 1

    async def sent_again(self) -> list[bytes | None]:
        before = len(self.producer.sent)
        await self.desk.book.flush(everything=True)
        self.producer.acknowledge()
        await asyncio.sleep(0)
        return [value for _, _, _, value in self.producer.sent[before:]]


@pytest.fixture
def log(producer: FakeProducer) -> Log:
    return Log(producer)


async def test_nothing_is_read_where_all_is_ours(log: Log) -> None:
    for offset in range(3):
        await log.put(pile(offset, *"abc"[: offset + 1]))
        assert await log.sweep.look() == 0
    assert log.reads == []


async def test_an_older_row_between_ours_is_written_over_again(log: Log) -> None:
    newest = pile(9, "a", "b")
    await log.put(pile(5, "a"))
    log.strange(pile(3))
    await log.put(newest)
    assert await log.sweep.look() == 1
    assert log.reads == [(1, 2)]
    assert await log.sent_again() == [CODEC.encode(newest)]
    assert await log.sweep.look() == 0
    assert log.metrics.value("strange_records", "leads") == 1


async def test_an_older_row_that_lies_last_is_written_over_at_the_second_look(log: Log) -> None:
    """At the first it may be a record of ours on its way."""
    await log.put(pile(5, "a"))
    log.strange(pile(3))
    assert await log.sweep.look() == 0
    assert log.reads == []
    assert await log.sweep.look() == 1
    assert await log.sent_again() == [CODEC.encode(pile(5, "a"))]
    assert [await log.sweep.look() for _ in range(3)] == [0, 0, 0]
    assert log.reads == [(1, 2)]


async def test_the_row_in_memory_counts_also_where_compaction_took_ours(log: Log) -> None:
    """Nothing but the strange record is asked for."""
    await log.put(pile(5, "a"))
    log.strange(pile(3))
    log.strange(pile(4))
    del log.records[1]
    await log.put(pile(6, "a", "b"))
    assert await log.sweep.look() == 1
    assert await log.sent_again() == [CODEC.encode(pile(6, "a", "b"))]


async def test_a_row_as_new_as_ours_but_other_is_written_over(log: Log) -> None:
    """One message, folded with other rules: ours is what decisions were announced from."""
    await log.put(pile(5, "a"))
    log.strange(pile(5, "z"))
    await log.put(pile(6, "a", "b"))
    log.strange(pile(6, "a", "b"))
    await log.put(pile(7, "a", "b", "c"))
    assert await log.sweep.look() == 1 + 1
    assert await log.sent_again() == [CODEC.encode(pile(7, "a", "b", "c"))]


async def test_the_same_row_again_and_a_newer_one_are_left_alone(log: Log) -> None:
    """The same: our own first attempt. Newer: we shall come to that message, and write behind it."""
    await log.put(pile(5, "a"))
    log.strange(pile(5, "a"))
    log.strange(pile(8, "a", "x"))
    assert [await log.sweep.look() for _ in range(2)] == [0, 0]
    assert await log.sent_again() == []


async def test_a_row_that_we_do_not_have_stays(log: Log) -> None:
    """Whoever wrote it had read further; a tombstone of ours that came late would take away what was written since."""
    log.strange(pile(5, "x"), key=b"ann")
    assert [await log.sweep.look() for _ in range(2)] == [0, 0]
    assert await log.sent_again() == []


async def test_a_newer_row_stays_unknown_until_ours_is_as_new(log: Log) -> None:
    """Else a copy of our rows on the disk would claim to hold it, and a restart would never read it."""
    await log.put(pile(5, "a"))
    known = log.desk.book.tails.known(CHANGELOG)
    log.strange(pile(8, "a", "x"))
    await log.sweep.look()
    await log.sweep.look()
    assert log.desk.book.tails.known(CHANGELOG) == known
    await log.put(pile(8, "a", "x"))
    await log.sweep.look()
    assert log.desk.book.tails.known(CHANGELOG) == log.desk.book.tails.end(CHANGELOG)


async def test_a_strange_tombstone_does_not_delete(log: Log) -> None:
    await log.put(pile(5, "a"))
    log.strange(None)
    assert [await log.sweep.look() for _ in range(2)] == [0, 1]
    assert await log.sent_again() == [CODEC.encode(pile(5, "a"))]


async def test_a_partition_that_left_while_we_read_is_not_written_to(log: Log) -> None:
    await log.put(pile(5, "a"))
    log.strange(pile(3))
    log.leaves = True
    assert [await log.sweep.look() for _ in range(2)] == [0, 0]
    assert log.reads == [(1, 2)]
    assert await log.sent_again() == []
