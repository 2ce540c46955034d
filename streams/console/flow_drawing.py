"""The flow as a drawing: a column for each stage of the way, as high as it had people, and bands to where they went.

All is one scale, so a width can be compared with any other; what would be thinner than a pixel is drawn as one. The
table beside it says the same in numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from streams.console.flow_rows import FlowRow
from streams.console.shown import stage as named

__all__ = ["HEIGHT", "WIDTH", "Band", "Drawing", "Head", "drawing_of"]

WIDTH: Final = 1_080.0
TOP: Final = 66.0
TALL: Final = 220.0  # pixels of the greatest stage
HEIGHT: Final = TOP + TALL + 8
COLUMN: Final = 16.0
TAIL: Final = 44.0  # pixels of a band that leaves the way
LAST: Final = 110.0  # what the last one's name needs


class Band(Struct, frozen=True, kw_only=True):
    """A rectangle; `kind`: next, recycled, ended, back, aside, stays."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


class Head(Struct, frozen=True, kw_only=True):
    """What stands above a column; `middle`: where its rate to the next one does, "" for none."""

    x: float
    name: str
    people: int
    middle: float
    rate: str


class Drawing(Struct, frozen=True, kw_only=True):
    """`says`: the same in words, for who does not see it."""

    bands: tuple[Band, ...]
    heads: tuple[Head, ...]
    says: str


def drawing_of(rows: Sequence[FlowRow]) -> Drawing | None:
    """The stages of the way; None where nobody stood or came."""
    way = [row for row in rows if row.on_the_way]
    most = max((row.total for row in way), default=0)
    if not most:
        return None
    step = (WIDTH - LAST) / max(1, len(way) - 1)
    places = [number * step for number in range(len(way))]
    return Drawing(
        bands=tuple(
            band for row, x in zip(way, places, strict=True) for band in _bands(row, x, step=step, scale=TALL / most)
        ),
        heads=tuple(
            Head(x=x, name=named(row.stage), people=row.total, middle=x + COLUMN + (step - COLUMN) / 2,
                 rate=row.flow_cvr if row.next_stage else "")
            for row, x in zip(way, places, strict=True)
        ),
        says=" ".join(_sentence(row) for row in way),
    )  # fmt: skip


def _bands(row: FlowRow, x: float, *, step: float, scale: float) -> Iterator[Band]:
    """From the top: who went on, who left the way, who stays."""
    y = TOP
    for kind, count, reach, said in (
        ("next", row.to_next, step, f"went on to {named(row.next_stage)}"),
        ("recycled", row.recycled, COLUMN + TAIL, "went into recycling"),
        ("ended", row.ended, COLUMN + TAIL, "ended"),
        ("back", row.back, COLUMN + TAIL, "went back or elsewhere"),
        ("aside", row.aside_out, COLUMN + TAIL, "left by a correction, a merge or another label"),
        ("stays", row.closing, COLUMN, "stand there"),
    ):
        if count > 0:
            height = max(1.0, count * scale)
            yield Band(kind=kind, x=round(x, 1), y=round(y, 1), width=round(reach, 1), height=round(height, 1),
                       title=f"{named(row.stage)}: {count:,} {said}")  # fmt: skip
            y += height


def _sentence(row: FlowRow) -> str:
    on = f" {row.to_next:,} went on to {named(row.next_stage)} ({row.flow_cvr})," if row.next_stage else ""
    return (
        f"{named(row.stage)}: of {row.total:,} people{on} {row.recycled:,} into recycling, {row.ended:,} ended, "
        f"{row.closing:,} stand there."
    )
