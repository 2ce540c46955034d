"""A partition's file: what was marked comes back, what was being written does not, what was changed is refused."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from streams.engine.rows.shares import Mark
from streams.engine.rows.store_file import Loaded, begin_file, extend, load
from streams.errors import StoreUnusable

NAME = b"app leads 0"
FIRST, SECOND = Mark(10, 9, 123, 1_000), Mark(12, 11, 456, 2_000)
ROWS = {b"ann": b"a" * 30, b"bob": b"b" * 700, b"cy": b"c" * 21}


def changes() -> Iterator[tuple[bytes, bytes]]:
    return iter([(b"ann", b"A" * 40), (b"bob", b""), (b"dan", b"d" * 25)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    one = tmp_path / "leads-0.rows"
    begin_file(one, NAME)
    return one


def whole(path: Path) -> int:
    return extend(path, path.stat().st_size, iter(ROWS.items()), mark=FIRST)


def test_changes_lie_over_what_was_there_and_an_empty_row_is_erased(path: Path) -> None:
    size = extend(path, whole(path), changes(), mark=SECOND)
    assert load(path, NAME) == Loaded({b"ann": b"A" * 40, b"cy": b"c" * 21, b"dan": b"d" * 25}, SECOND, size, FIRST.at)


def test_wherever_it_is_cut_off_it_says_what_its_last_mark_said(path: Path) -> None:
    """A process may die between any two bytes."""
    first = whole(path)
    second = extend(path, first, changes(), mark=SECOND)
    raw = path.read_bytes()
    assert len(raw) == second
    for cut in range(len(raw)):
        path.write_bytes(raw[:cut])
        if cut < first:
            with pytest.raises(StoreUnusable):
                load(path, NAME)
        else:
            assert load(path, NAME) == Loaded(ROWS, FIRST, first, FIRST.at)


def test_what_was_being_written_is_written_over(path: Path) -> None:
    first = whole(path)
    extend(path, first, changes(), mark=SECOND)
    path.write_bytes(path.read_bytes()[:-5])
    size = extend(path, load(path, NAME).size, iter([(b"eve", b"e" * 50)]), mark=SECOND)
    assert load(path, NAME) == Loaded({**ROWS, b"eve": b"e" * 50}, SECOND, size, FIRST.at)


def test_a_byte_that_was_flipped_never_brings_a_wrong_row(path: Path) -> None:
    """It is refused; or, where a length now points behind the end, it counts as cut off there."""
    extend(path, whole(path), changes(), mark=SECOND)
    raw = path.read_bytes()
    good = [ROWS, load(path, NAME).rows]
    refused = 0
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x41]) + raw[at + 1 :])
        try:
            assert load(path, NAME).rows in good[:1]
        except StoreUnusable:
            refused += 1
    assert refused > len(raw) * 0.9


def test_another_name_is_refused(path: Path) -> None:
    whole(path)
    with pytest.raises(StoreUnusable, match="foreign"):
        load(path, b"app leads 1")


@pytest.mark.parametrize("raw", [b"", b"\0" * 64, b"no file of ours, but long enough to be read as one"])
def test_other_files_are_refused(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises(StoreUnusable):
        load(path, NAME)


def test_thousands_of_rows_in_many_blocks(path: Path) -> None:
    chance = Random(1)
    rows = {b"%d" % number: chance.randbytes(chance.randint(21, 900)) for number in range(3_000)}
    rests: list[int] = []
    extend(path, path.stat().st_size, iter(rows.items()), mark=FIRST, rest=lambda: rests.append(1))
    assert load(path, NAME).rows == rows
    assert len(rests) == 6
