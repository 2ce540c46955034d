"""The flow as a drawing: a column for each stage of the way, as high as it had people, and bands to where they went.

All is one scale, so a width can be compared with any other; what would be thinner than a pixel is drawn as one. The
table beside it says the same in numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from streams.console.flow.asked import Counted
from streams.console.flow.rows import FlowRow
from streams.console.shown import STAGES
from streams.console.tongue import N_, filled

__all__ = ["HEIGHT", "WIDTH", "Band", "Drawing", "Head", "drawing_of"]

WIDTH: Final = 1_080.0
TOP: Final = 66.0
TALL: Final = 220.0  # pixels of the greatest stage
HEIGHT: Final = TOP + TALL + 8
COLUMN: Final = 16.0
TAIL: Final = 44.0  # pixels of a band that leaves the way
WENT_ON: Final[Mapping[Counted, str]] = {
    "people": N_("%(stage)s: of %(people)s people %(on)s went on to %(next)s (%(cvr)s), %(recycled)s into recycling, "
                 "%(ended)s ended, %(closing)s stand there."),
    "accounts": N_("%(stage)s: of %(people)s accounts %(on)s went on to %(next)s (%(cvr)s), %(recycled)s into "
                   "recycling, %(ended)s ended, %(closing)s stand there."),
}  # fmt: skip
STOOD: Final[Mapping[Counted, str]] = {
    "people": N_("%(stage)s: of %(people)s people %(recycled)s into recycling, %(ended)s ended, %(closing)s stand "
                 "there."),
    "accounts": N_("%(stage)s: of %(people)s accounts %(recycled)s into recycling, %(ended)s ended, %(closing)s stand "
                   "there."),
}  # fmt: skip
TITLES: Final[Mapping[Counted, Mapping[str, str]]] = {
    "people": {
        "next": N_("%(stage)s: %(people)s went on to %(next)s"),
        "recycled": N_("%(stage)s: %(people)s went into recycling"),
        "ended": N_("%(stage)s: %(people)s ended"),
        "back": N_("%(stage)s: %(people)s went back or elsewhere"),
        "aside": N_("%(stage)s: %(people)s left by a correction, a merge or another label"),
        "stays": N_("%(stage)s: %(people)s stand there"),
    },
    "accounts": {
        "next": N_("%(stage)s: %(people)s accounts went on to %(next)s"),
        "recycled": N_("%(stage)s: %(people)s accounts went into recycling"),
        "ended": N_("%(stage)s: %(people)s accounts ended"),
        "back": N_("%(stage)s: %(people)s accounts went back or elsewhere"),
        "aside": N_("%(stage)s: %(people)s accounts left by a correction, a merge or another label"),
        "stays": N_("%(stage)s: %(people)s accounts stand there"),
    },
}
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
    """What stands above a column: a stage; `middle`: where its rate to the next one does, "" for none."""

    x: float
    name: str
    people: int
    middle: float
    rate: str


class Drawing(Struct, frozen=True, kw_only=True):
    """`says`: the same in words, for who does not see it."""

    bands: tuple[Band, ...]
    heads: tuple[Head, ...]
    says: tuple[str, ...]


def drawing_of(rows: Sequence[FlowRow], *, of: Counted = "people") -> Drawing | None:
    """The stages of the way; None where nobody stood or came."""
    way = [row for row in rows if row.on_the_way]
    most = max((row.total for row in way), default=0)
    if not most:
        return None
    step = (WIDTH - LAST) / max(1, len(way) - 1)
    places = [number * step for number in range(len(way))]
    return Drawing(
        bands=tuple(
            band for row, x in zip(way, places, strict=True)
            for band in _bands(row, x, step=step, scale=TALL / most, of=of)
        ),
        heads=tuple(
            Head(x=x, name=row.stage, people=row.total, middle=x + COLUMN + (step - COLUMN) / 2,
                 rate=row.flow_cvr if row.next_stage else "")
            for row, x in zip(way, places, strict=True)
        ),
        says=tuple(_sentence(row, of) for row in way),
    )  # fmt: skip


def _bands(row: FlowRow, x: float, *, step: float, scale: float, of: Counted) -> Iterator[Band]:
    """From the top: who went on, who left the way, who stays."""
    y = TOP
    for kind, count, reach in (
        ("next", row.to_next, step), ("recycled", row.recycled, COLUMN + TAIL), ("ended", row.ended, COLUMN + TAIL),
        ("back", row.back, COLUMN + TAIL), ("aside", row.aside_out, COLUMN + TAIL), ("stays", row.closing, COLUMN),
    ):  # fmt: skip
        if count > 0:
            height = max(1.0, count * scale)
            title = filled(TITLES[of][kind], stage=_named(row.stage), people=f"{count:,}", next=_named(row.next_stage))
            yield Band(kind=kind, x=round(x, 1), y=round(y, 1), width=round(reach, 1), height=round(height, 1),
                       title=title)  # fmt: skip
            y += height


def _sentence(row: FlowRow, of: Counted) -> str:
    return filled(
        (WENT_ON if row.next_stage else STOOD)[of], stage=_named(row.stage), people=f"{row.total:,}",
        on=f"{row.to_next:,}", next=_named(row.next_stage), cvr=row.flow_cvr, recycled=f"{row.recycled:,}",
        ended=f"{row.ended:,}", closing=f"{row.closing:,}",
    )  # fmt: skip


def _named(stage: str) -> str:
    return filled(STAGES[stage]) if stage in STAGES else stage
