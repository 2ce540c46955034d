"""One partition's rows in a file that only grows: blocks of rows, and marks that make the blocks before them count.

Rows after the last mark were being written when the process died: they are left out and overwritten. Anything else
that is not as it was written (a wrong sum, another name at the top) makes the whole file worthless: the changelog has
it all.

    file  = block(NAME) (block(ROWS)* block(MARK))*
    block = kind u8, count u32, length u32, CRC-32 u32 (of what follows and of these three), body
    ROWS  = count key lengths u32, count row lengths u32 (0 = erased), keys, rows
    MARK  = next_offset u64, last_offset u64, last_sum u32, at u64
"""

import os
import struct
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from zlib import crc32

from streams.engine.rows.shares import Mark
from streams.errors import StoreUnusable

__all__ = ["Loaded", "Pairs", "begin_file", "extend", "load"]

BLOCK_ROWS: Final = 500  # a third of a millisecond under the interpreter's lock
_HEAD: Final = struct.Struct(">BII")
_SUM: Final = struct.Struct(">I")
_MARK: Final = struct.Struct(">QQIQ")
_NAME, _ROWS, _IS_MARK = 1, 2, 3
_LARGEST: Final = 1 << 30  # bytes of a block: more is no length of ours

Pairs = Sequence[tuple[bytes, bytes]]  # key and row; an empty row: erased


class Loaded(NamedTuple):
    """What a file holds: its rows, how far they go, how many of its bytes count, and when it was begun (UTC ms)."""

    rows: dict[bytes, bytes]
    mark: Mark
    size: int
    begun_at: int = 0


def begin_file(path: Path, name: bytes) -> None:
    """An empty file of that name in place of what was there."""
    with path.open("wb") as file:
        _write(file, _NAME, name)


def extend(path: Path, size: int, pairs: Iterator[tuple[bytes, bytes]], *, mark: Mark, rest: object = None) -> int:
    """Adds rows and their mark behind the first `size` bytes; the new size. Raises OSError.

    `rest()` is called between blocks: whoever shares the interpreter with an event loop lets it go on.
    """
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(size)
        while block := list(islice(pairs, BLOCK_ROWS)):
            _write(file, _ROWS, _packed(block), count=len(block))
            if callable(rest):
                rest()
        _write(file, _IS_MARK, _MARK.pack(*mark))
        file.flush()
        return file.tell()


def load(path: Path, name: bytes) -> Loaded:
    """Reads a file. Raises StoreUnusable, OSError."""
    rows: dict[bytes, bytes] = {}
    mark, size, begun_at = None, 0, 0
    waiting: list[tuple[bytes, bytes]] = []
    with path.open("rb") as file:
        for number, (kind, count, body) in enumerate(_blocks(file)):
            if (number == 0) != (kind == _NAME) or (number == 0 and body != name):
                raise StoreUnusable("foreign")
            if kind == _ROWS:
                waiting += _unpacked(count, body)
            elif kind == _IS_MARK:
                _apply(rows, waiting)
                waiting = []
                mark, size = Mark(*_MARK.unpack(body)), file.tell()
                begun_at = begun_at or mark.at
    if mark is None:
        raise StoreUnusable("unfinished")
    return Loaded(rows, mark, size, begun_at)


def _apply(rows: dict[bytes, bytes], pairs: Pairs) -> None:
    for key, row in pairs:
        if row:
            rows[key] = row
        else:
            rows.pop(key, None)


def _write(file: BinaryIO, kind: int, body: bytes, *, count: int = 0) -> None:
    head = _HEAD.pack(kind, count, len(body))
    file.write(head + _SUM.pack(crc32(body, crc32(head))) + body)


def _blocks(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """All that are whole. An end in the middle of one ends it; a wrong sum raises StoreUnusable."""
    behind = _HEAD.size + _SUM.size
    total = os.fstat(file.fileno()).st_size
    while len(head := file.read(behind)) == behind:
        kind, count, length = _HEAD.unpack_from(head)
        if length > _LARGEST:
            raise StoreUnusable("corrupt")
        if file.tell() + length > total:
            return
        body = file.read(length)
        if crc32(body, crc32(head[: _HEAD.size])) != _SUM.unpack_from(head, _HEAD.size)[0]:
            raise StoreUnusable("corrupt")
        yield kind, count, body


def _packed(pairs: Pairs) -> bytes:
    keys, rows = [key for key, _ in pairs], [row for _, row in pairs]
    lengths = array("I", [*map(len, keys), *map(len, rows)]).tobytes()
    return lengths + b"".join(keys) + b"".join(rows)


def _unpacked(count: int, body: bytes) -> list[tuple[bytes, bytes]]:
    lengths = array("I", body[: 8 * count])
    at = 8 * count
    found = []
    for length in lengths:
        found.append(body[at : at + length])
        at += length
    return list(zip(found[:count], found[count:], strict=True))
