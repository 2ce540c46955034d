"""Rows that other rules made are known as such when they come back from the changelog, and until they are put again."""

import struct

import faust
import pytest
from msgspec.structs import replace

from schemas.activity import Version
from streams.core.lead.row import Lead
from streams.core.rows import ROWS, rules_mark
from streams.engine.guards.pulse import Pulse
from streams.engine.rows.table import RowTable
from streams.engine.sending.book import Book
from streams.engine.sending.sends import Sends
from streams.metrics import Metrics
from tests.unit.engine.conftest import FakeProducer, raising
from tests.unit.engine.sending.test_book_pump import Waker

OURS, OTHERS = "0a1b2c3d4e5f", "ffffffffffff"
LEADS = ROWS["leads"]


def lead(rules_version: str) -> Lead:
    return Lead(Version(0, 1), 5, rules_version=rules_version)


class Shelf:
    """A book whose rows were restored."""

    def __init__(self, producer: FakeProducer, rules: bytes | None) -> None:
        app = faust.App("desk", Table=RowTable, store="memory://", web_enabled=False)
        self.table = app.Table("leads", key_type=bytes, value_type=bytes, partitions=4)
        self.waker = Waker()
        sends = Sends(lambda: producer, pulse=Pulse(1_000), die=raising)  # type: ignore[arg-type, return-value]
        self.book: Book[Lead] = Book(
            self.table, LEADS, sends=sends, clock=self.waker, changed=lambda: None, metrics=Metrics(), rules=rules
        )

    async def restored(self, *rows: bytes) -> set[str]:
        """Keys of those that other rules made."""
        for number, raw in enumerate(rows):
            self.table.data[b"%d" % number] = raw
        await self.book.restored({b"%d" % number: raw for number, raw in enumerate(rows)}, [])
        return self.waker.outdated


@pytest.fixture
def rows() -> list[bytes]:
    ours, others, any_rules = (LEADS.encode(lead(version)) for version in (OURS, OTHERS, ""))
    former = struct.pack(">BIQq", 1, 0, 1, 0) + ours[25:]
    return [ours, others, any_rules, former]


async def test_rows_of_other_or_unknown_rules_are_outdated(producer: FakeProducer, rows: list[bytes]) -> None:
    assert await Shelf(producer, rules_mark(OURS)).restored(*rows) == {"1", "3"}


async def test_rows_of_a_table_that_follows_no_rules_never_are(producer: FakeProducer, rows: list[bytes]) -> None:
    assert await Shelf(producer, None).restored(*rows) == set()


async def test_a_row_that_is_put_is_no_longer_outdated(producer: FakeProducer, rows: list[bytes]) -> None:
    shelf = Shelf(producer, rules_mark(OURS))
    await shelf.restored(*rows)
    shelf.book.put("1", lead(OURS))
    assert shelf.waker.outdated == {"3"}


async def test_a_row_that_wants_to_be_woken_is_noted_and_one_that_does_not_is_not(producer: FakeProducer) -> None:
    """Also where the table follows no rules: most rows sleep for ever, and are passed over by eight bytes."""
    for rules in (None, rules_mark(OURS)):
        shelf = Shelf(producer, rules)
        sleeper = LEADS.encode(replace(lead(OURS), wake_at=77))
        await shelf.restored(LEADS.encode(lead(OURS)), sleeper)
        assert shelf.waker.noted == [("leads", "1", 77)]


async def test_what_was_decoded_before_its_rows_left_does_not_count(producer: FakeProducer) -> None:
    shelf = Shelf(producer, None)
    await shelf.restored(LEADS.encode(lead(OURS)))
    assert shelf.book.get("0") is not None
    gone = shelf.table.data.drop(shelf.table.partition_for_key(b"0"))
    shelf.book.dropped(gone.rows)
    assert shelf.book.get("0") is None
    assert shelf.waker.forgotten == ("leads", gone.rows)
