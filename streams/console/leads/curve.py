"""The score's curve as a drawing made here, so that it needs no script: paths, marks, and a table that says the same.

Where hits that were pushed out may have counted, the drawing is a band between the least and the most. Times are UTC
milliseconds, scores tenths, places pixels of a drawing that is `WIDTH` x `HEIGHT`.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import Struct

from streams.core.days import DAY_MS
from streams.core.score.curve import Curve, Spot

__all__ = ["HEIGHT", "WIDTH", "CurveDrawing", "Mark", "Slice", "Tick", "curve_drawing"]

WIDTH: Final = 720
HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 16, 30
PAST_DAYS: Final = 60
LEAST_DAYS: Final = 7
AHEAD_DAYS: Final = (14, 30, 90)  # the least, where it never falls below, the most
STEPS: Final = 60  # each way
DAILY: Final = 31  # days each way up to which the table has a line a day, else a week


class Mark(NamedTuple):
    """A jump: something happened then."""

    x: float
    y: float
    at: int
    tenths: int


class Slice(NamedTuple):
    """What stands over a part of the drawing, to be pointed at."""

    x: float
    width: float
    spot: Spot


class Tick(NamedTuple):
    """A place on an axis; `value` is a time, or tenths."""

    place: float
    value: int


class CurveDrawing(Struct, frozen=True, kw_only=True):
    """All that the template puts down. `band` "" where nothing is in doubt; `sure_from`: since then nothing is.

    `above_since` None: not above now. `falls` None: not within the drawing. `rows`: the table, the oldest first.
    """

    past: str
    ahead: str
    band: str
    marks: tuple[Mark, ...]
    slices: tuple[Slice, ...]
    days: tuple[Tick, ...]
    scores: tuple[Tick, ...]
    threshold: Tick
    now_x: float
    falls: Mark | None
    rows: tuple[Spot, ...]
    now: int
    sure_from: int
    above_since: int | None


class _Frame(NamedTuple):
    """How times and scores become places."""

    first: int
    last: int
    low: int
    high: int

    def x(self, at: int) -> float:
        return round(LEFT + (at - self.first) * (WIDTH - LEFT - RIGHT) / max(self.last - self.first, 1), 1)

    def y(self, tenths: int) -> float:
        return round(TOP + (self.high - tenths) * (HEIGHT - TOP - BOTTOM) / max(self.high - self.low, 1), 1)


def curve_drawing(curve: Curve, *, now: int) -> CurveDrawing:
    """The drawing as of `now`: what was, and what will be if nothing more happens."""
    now = max(now, curve.as_of)
    first, last = _span(curve, now)
    past = [curve.at(at) for at in _times(first, now, curve.changes)]
    ahead = [curve.at(at) for at in _times(now, last, _fall(curve))]
    spots = (*past, *ahead)
    high = max(curve.threshold_tenths, *(spot.high for spot in spots))
    frame = _Frame(first, last, min(0, *(spot.low for spot in spots)), high + max(high // 12, 1))
    falls = curve.falls_below_at
    return CurveDrawing(
        past=_line(past, frame, lambda spot: spot.low),
        ahead=_line(ahead, frame, lambda spot: spot.low),
        band=_band(past, frame),
        marks=_marks(curve, first, frame),
        slices=_slices(spots, frame),
        days=tuple(Tick(frame.x(at), at) for at in range(first + (last - first) // 8, last, (last - first) // 4)),
        scores=tuple(Tick(frame.y(tenths), tenths) for tenths in _scores(frame)),
        threshold=Tick(frame.y(curve.threshold_tenths), curve.threshold_tenths),
        now_x=frame.x(now),
        falls=None if falls is None or not now < falls <= last
        else Mark(frame.x(falls), frame.y(curve.threshold_tenths), falls, curve.at(falls).low),
        rows=tuple(curve.at(at) for at in _rows(curve, first, last, now=now)),
        now=now,
        sure_from=_since(past, lambda spot: spot.is_sure),
        above_since=_since(past, lambda spot: spot.low >= curve.threshold_tenths)
        if past[-1].low >= curve.threshold_tenths else None,
    )  # fmt: skip


def _span(curve: Curve, now: int) -> tuple[int, int]:
    """From a little before the first that is known, at most 60 days; to a while behind its fall below the threshold."""
    known = min((curve.known_at, *curve.changes))
    first = min(max(known - DAY_MS, now - PAST_DAYS * DAY_MS), now - LEAST_DAYS * DAY_MS)
    least, usual, most = AHEAD_DAYS
    falls = curve.falls_below_at
    days = usual if falls is None else min(max(2 * (falls - now) // DAY_MS, least), most)
    return first, now + days * DAY_MS


def _fall(curve: Curve) -> tuple[int, ...]:
    return () if curve.falls_below_at is None else (curve.falls_below_at,)


def _times(first: int, last: int, jumps: Iterable[int]) -> list[int]:
    """Even steps, and both sides of each jump."""
    even = (first + (last - first) * step // STEPS for step in range(STEPS + 1))
    sides = (side for at in jumps for side in (at - 1, at) if first <= side <= last)
    return sorted({*even, *sides})


def _line(spots: Sequence[Spot], frame: _Frame, of: Callable[[Spot], int]) -> str:
    return "M" + "L".join(f"{frame.x(spot.at)} {frame.y(of(spot))}" for spot in spots)


def _band(spots: Sequence[Spot], frame: _Frame) -> str:
    """There and back: what may have been, over what must have been."""
    if all(spot.is_sure for spot in spots):
        return ""
    there = _line(spots, frame, lambda spot: spot.high)
    return f"{there}L{_line(spots[::-1], frame, lambda spot: spot.low)[1:]}Z"


def _marks(curve: Curve, first: int, frame: _Frame) -> tuple[Mark, ...]:
    """Jumps, one where several would be one dot."""
    found: dict[float, Mark] = {}
    for at in curve.changes:
        if first <= at <= frame.last:
            tenths = curve.at(at).low
            x = frame.x(at)
            found[x // 4] = Mark(x, frame.y(tenths), at, tenths)
    return tuple(found.values())


def _slices(spots: Sequence[Spot], frame: _Frame) -> tuple[Slice, ...]:
    found = [
        Slice(frame.x(one.at), round(frame.x(other.at) - frame.x(one.at), 1), one) for one, other in pairwise(spots)
    ]
    return tuple(one for one in found if one.width >= 1)


def _scores(frame: _Frame) -> range:
    """Round numbers for the axis, three to six of them."""
    steps = (50, 100, 250, 500, 1_000, 2_500, 10_000, 100_000)
    step = next((step for step in steps if (frame.high - frame.low) // step <= 6), 1_000_000)
    return range(-(-frame.low // step) * step, frame.high, step)


def _rows(curve: Curve, first: int, last: int, *, now: int) -> list[int]:
    """The table's times, `now` among them and when it falls below."""
    step = DAY_MS if max(now - first, last - now) <= DAILY * DAY_MS else 7 * DAY_MS
    return sorted({*range(now, first, -step), *range(now, last, step), *(one for one in _fall(curve) if one > now)})


def _since(spots: Sequence[Spot], holds: Callable[[Spot], bool]) -> int:
    """Since when something holds without a break until the last of them; the last one's time where it does not."""
    since = spots[-1].at
    for spot in reversed(spots):
        if not holds(spot):
            break
        since = spot.at
    return since
