"""The spool's bytes: whatever is damaged, every whole record is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from producers.collector.spool.records import (
    HEADER_BYTES,
    Position,
    Spooled,
    begun_at,
    framed,
    header,
    parse,
    version_of,
)

RECORDS = some.lists(
    some.builds(
        Spooled,
        topic=some.sampled_from(["leadstream.visits.v1", "rejected"]),
        partition=some.integers(0, 63),
        value=some.binary(max_size=60) | some.just(b"\xf5LS\xf7\x00\x00\x00\x01"),
        key=some.none() | some.binary(max_size=8),
    ),
    max_size=8,
)


@given(RECORDS)
def test_what_was_written_is_read(records: list[Spooled]) -> None:
    data = b"".join(map(framed, records))
    assert parse(data, final=True) == (records, len(data), 0)


@given(RECORDS, some.data())
def test_a_torn_tail_is_passed_over_and_counted(records: list[Spooled], draw: some.DataObject) -> None:
    frames = [*map(framed, records), framed(Spooled("t", 0, b"the last one"))]
    cut = draw.draw(some.integers(1, len(frames[-1]) - 1))
    data = b"".join(frames)[:-cut]
    assert parse(data, final=True) == (records, len(data), 1)
    assert parse(data, final=False) == (records, len(data) - (len(frames[-1]) - cut), 0)


@given(RECORDS, RECORDS, some.data())
def test_damage_in_the_middle_costs_one_record(
    before: list[Spooled], after: list[Spooled], draw: some.DataObject
) -> None:
    hurt = bytearray(framed(Spooled("t", 1, b"this one is hurt")))
    hurt[draw.draw(some.integers(0, len(hurt) - 1))] ^= draw.draw(some.integers(1, 255))
    data = b"".join(map(framed, before)) + bytes(hurt) + b"".join(map(framed, after))
    found = parse(data, final=True)
    assert (found.records, found.consumed) == ([*before, *after], len(data))
    assert found.torn >= 1


@given(RECORDS, some.integers(1, 90), some.binary(max_size=5))
def test_reading_in_pieces_finds_the_same(records: list[Spooled], piece: int, noise: bytes) -> None:
    data = noise + b"".join(map(framed, records))
    read: list[Spooled] = []
    offset, most = 0, piece
    while offset < len(data):
        found = parse(data[offset : offset + most], final=offset + most >= len(data))
        read += found.records
        offset += found.consumed
        most = piece if found.consumed else most * 4
    assert read == records


def test_a_header_names_version_and_age() -> None:
    head = header(1_795_252_570_000)
    assert (len(head), version_of(head), begun_at(head)) == (HEADER_BYTES, 1, 1_795_252_570_000)
    assert begun_at(head[:-1]) is None
    assert begun_at(head[:-1] + b"\x00") is None
    assert version_of(b"") == version_of(framed(Spooled("t", 0, b""))) == 0


@pytest.mark.parametrize("damage", [b"", b"x", Position(7, 9).packed()[:-1] + b"!"])
def test_a_damaged_position_is_the_beginning(damage: bytes) -> None:
    assert Position.unpacked(damage) == (0, 0)
    assert Position.unpacked(Position(7, 9).packed()) == (7, 9)
