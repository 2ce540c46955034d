"""Rows as bytes: what was written is what is read, and the header can be read alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.errors import Undecodable
from streams.core.facts import Facts
from streams.core.rows import ROWS, header
from streams.core.visitor import Visitor
from tests.unit.core import strategies as some
from tests.unit.core.made import NOW, facts, page, visited

VISITORS = ROWS["visitors"]
ROW: Visitor = visited([facts(page("/", NOW))])[0]


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
    assert header(raw) == (version, wake_at)
    assert header(raw[:21]) == (version, wake_at)


@pytest.mark.parametrize(
    "raw", [b"", b"\x01", VISITORS.encode(ROW)[:20], b"\x02" + VISITORS.encode(ROW)[1:], VISITORS.encode(ROW)[:-1]]
)
def test_what_is_no_row_of_this_format_is_refused(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        VISITORS.decode(raw)


@pytest.mark.parametrize("table", sorted(ROWS))
def test_every_table_has_its_codec_and_refuses_nonsense(table: str) -> None:
    codec: Any = ROWS[table]
    with pytest.raises(Undecodable):
        codec.decode(b"\x01" + b"\0" * 20 + b"\xc1")
