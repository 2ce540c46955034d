"""Rows as bytes: what was written is what is read, and the header can be read alone."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.errors import Undecodable
from schemas.touches import EraseOrder
from streams.core.account.row import Account
from streams.core.deal.contact import Contact
from streams.core.deal.fold import Deal
from streams.core.events.facts import Facts
from streams.core.lead import fold as lead
from streams.core.lead.row import Lead
from streams.core.rows import ERASING, FORMAT, NO_RULES, ROWS, Header, header, is_of_the_future, rules_mark
from streams.core.visitor.fold import Visitor
from tests.unit.core import strategies as some
from tests.unit.core.made import NOW, RULES, facts, page, visited

VISITORS = ROWS["visitors"]
ROW: Visitor = visited([facts(page("/", NOW))])[0]
RAW = VISITORS.encode(ROW)


@given(sent=st.lists(some.anything, min_size=1, max_size=20))
def test_what_was_written_is_what_is_read(sent: list[Facts]) -> None:
    row, _ = visited(sent)
    again = VISITORS.decode(VISITORS.encode(row))
    assert again == row
    assert VISITORS.encode(again) == VISITORS.encode(row)


@pytest.mark.parametrize("wake_at", [None, 1, 2**62])
@pytest.mark.parametrize("version", [Version(0, 0), Version(2**32 - 1, 2**63)])
def test_the_header_can_be_read_alone(version: Version, wake_at: int | None) -> None:
    raw = VISITORS.encode(replace(ROW, version=version, wake_at=wake_at))
    assert header(raw) == header(raw[:25]) == Header(version, wake_at, NO_RULES)


@pytest.mark.parametrize(
    "raw", [b"", b"\x01", RAW[:20], b"\x04" + RAW[1:], b"\x00" + RAW[1:], RAW[:-1]],
)
def test_what_is_no_row_of_this_format_is_refused(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        VISITORS.decode(raw)


def test_a_row_that_rules_made_says_which() -> None:
    """Ask A48."""
    raw = ROWS["leads"].encode(Lead(Version(0, 7), 5, rules_version="0a1b2c3d4e5f"))
    assert header(raw) == Header(Version(0, 7), None, b"\x0a\x1b\x2c\x3d")
    assert rules_mark("0a1b2c3dffff") == b"\x0a\x1b\x2c\x3d" != rules_mark("0a1b2c3effff")


@pytest.mark.parametrize("wake_at", [None, 5])
def test_rows_with_the_former_header_are_still_read(wake_at: int | None) -> None:
    """It said format, version and wake_at, in 21 bytes; any rules may have made the row."""
    now = VISITORS.encode(ROW)
    former = struct.pack(">BIQq", 1, 3, 9, wake_at or 0) + now[25:]
    assert VISITORS.decode(former) == ROW
    assert header(former) == header(former[:21]) == Header(Version(3, 9), wake_at, None)
    with pytest.raises(Undecodable):
        header(former[:20])


@pytest.mark.parametrize("table", sorted(ROWS))
def test_every_table_has_its_codec_and_refuses_nonsense(table: str) -> None:
    codec: Any = ROWS[table]
    with pytest.raises(Undecodable):
        codec.decode(b"\x01" + b"\0" * 20 + b"\xc1")


@pytest.mark.parametrize("kind", [Account, Contact, Deal])
def test_each_kind_of_row_of_an_inbox_can_be_written(kind: Any) -> None:
    row = kind(Version(1, 2), 3)
    raw = ROWS["accounts"].encode(row)
    assert (ROWS["accounts"].decode(raw), raw[0]) == (row, FORMAT)
    marked = ROWS["accounts"].encode(replace(row, erased=("lead",)))
    assert (marked[0], header(marked).version) == (ERASING, Version(1, 2))


def test_a_former_release_stops_at_a_row_that_must_not_forget_who_is_erased() -> None:
    """Its newest format was 2: it ends, rather than write the row without the mark."""
    row, _ = lead.fold("ann", None, [EraseOrder(to="ann", lead_id="ann", at=NOW, actor="Olga")], version=Version(0, 1),
                       rules=RULES)  # fmt: skip
    raw = ROWS["leads"].encode(row)
    assert raw[0] > FORMAT
    assert not is_of_the_future(raw)
    assert ROWS["leads"].decode(raw) == row
