"""Which pages are remembered: a join like that of hits, of several walks at once.

An element is one message about one page (its opening, or its attention so far), never a mixture of two: a mixture
would depend on what was still there when the second came. Each walk keeps the freshest elements that it asks for; a
page is kept if any walk keeps it. Readers take the greatest dwell and interactions of one page (`seen`).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from schemas.activity import PageSeen
from streams.core.days import QUARTER_MS
from streams.core.events.meanings import Meanings
from streams.core.score.points import Points

__all__ = ["counted", "freshest", "grown", "in_order", "is_counted", "is_human", "seen", "walked"]

Pages = tuple[PageSeen, ...]
NEVER: Final = 1 << 63  # later than any time


def is_counted(page: PageSeen, points: Points) -> bool:
    """A page that was read: 5 seconds or more (or its source cannot tell), and none of careers, legal, login ..."""
    dwell_ms = page[4]
    return (dwell_ms is None or dwell_ms >= points.pages.counted_ms) and page[3] not in points.uncounted


def is_human(page: PageSeen) -> bool:
    """Somebody moved, typed, touched or scrolled on it, or its source cannot tell."""
    interactions = page[5]
    return interactions is None or interactions >= 1


def in_order(pages: Iterable[PageSeen]) -> list[PageSeen]:
    """Distinct elements, freshest first."""
    distinct = set(pages)
    ordered = list(distinct)
    try:
        ordered.sort(reverse=True)  # less than `sorted`, which calls it
    except TypeError:  # one page with and without measured dwell: None sorts below every number
        return sorted(distinct, key=_rank, reverse=True)
    return ordered


def _rank(page: PageSeen) -> tuple[int, int, str, str, int, int]:
    at, hit_id, path, kind, dwell_ms, interactions = page
    return at, hit_id, path, kind, -1 if dwell_ms is None else dwell_ms, -1 if interactions is None else interactions


class _Day(Struct):
    """What one day has taken so far, from its freshest page on. `human`, `career`: nothing more is wanted of it."""

    seen: bool  # one of the freshest days
    human: bool
    career: bool
    ids: set[int] | None = None  # counted pages
    open: bool = False  # one of the freshest days with a counted page
    longest: list[int] | None = None  # places of the measured counted pages
    intent: bool = False


def _flags(ordered: Sequence[PageSeen], points: Points, meanings: Meanings) -> list[bool]:  # noqa: C901, PLR0912
    """All walks at once over elements, freshest first: which are kept. One loop, since it is the hot path."""
    counted_ms, uncounted, careers, intents, a_day, seen_left, counted_left, intent_left, read_left = points.walk
    flags, day_of, answer_of = [False] * len(ordered), meanings.day_of, meanings.page
    days: dict[int, _Day] = {}
    answered: set[str] = {""}
    quarter_began, number, day = NEVER, 0, None
    for place, (at, hit_id, path, kind, dwell_ms, interactions) in enumerate(ordered):
        if at < quarter_began:  # most pages of a visit lie in one
            quarter_began, number = at - at % QUARTER_MS, day_of(at)
            day = days.get(number)
        if day is None:
            fresh = seen_left > 0
            day = days[number] = _Day(fresh, not fresh, not fresh)
            seen_left -= 1
            flags[place] = fresh
        if not day.human and (interactions is None or interactions >= 1):
            day.human = flags[place] = True
        if not day.career and kind in careers:
            day.career = flags[place] = True
        if (dwell_ms is not None and dwell_ms < counted_ms) or kind in uncounted:
            continue
        if (ids := day.ids) is None:
            ids = day.ids = set()
            day.open = counted_left > 0
            counted_left -= 1
            flags[place] |= day.seen
        if day.open and hit_id not in ids and len(ids) < a_day:
            ids.add(hit_id)
            flags[place] = True
        if kind in intents and not day.intent and intent_left > 0:
            intent_left -= 1
            day.intent = flags[place] = True
        if (answer := answer_of(path).answer) not in answered:
            answered.add(answer)
            flags[place] = True
        if dwell_ms is not None:
            if day.longest is not None:
                day.longest.append(place)
            elif read_left > 0:
                day.longest = [place]
                read_left -= 1
    for day in days.values():
        if day.longest:
            _flag_longest(ordered, day.longest, flags, most=a_day)
    return flags


def _flag_longest(ordered: Sequence[PageSeen], places: list[int], flags: list[bool], *, most: int) -> None:
    """Of the distinct pages of one day those that were read longest stay, each by its longest message."""
    if all(flags[place] for place in places):
        return
    ids: set[int] = set()
    for place in sorted(places, key=lambda place: (ordered[place][4] or 0, -place), reverse=True):
        if (hit_id := ordered[place][1]) not in ids:
            ids.add(hit_id)
            flags[place] = True
            if len(ids) >= most:
                break


def freshest(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> Pages:
    """The pages that are kept, freshest first."""
    return walked(pages, points, meanings)[0]


def walked(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> tuple[Pages, Sequence[PageSeen]]:
    """The pages that are kept, freshest first, and those that are let go."""
    ordered = in_order(pages)
    flags = _flags(ordered, points, meanings)
    if False not in flags:
        return tuple(ordered), ()
    kept: list[PageSeen] = []
    let_go: list[PageSeen] = []
    for page, flag in zip(ordered, flags):  # noqa: B905  one flag for each; asking for that is half of what the loop costs
        if flag:
            kept.append(page)
        else:
            let_go.append(page)
    return tuple(kept), let_go


def grown(
    held: Pages, more: Sequence[PageSeen], points: Points, *, meanings: Meanings
) -> tuple[Pages, Sequence[PageSeen]]:
    """`walked` of what is kept already and a few more pages.

    Most come on the freshest day. Where they take nothing from the days before it (it had a counted page, an intent, an
    answer already where it has one now), only that day is walked again.
    """
    if not held:
        return walked(more, points, meanings)
    day_of, quarter = meanings.day_of, held[0][0] // QUARTER_MS  # most pages of a visit lie in one
    today = day_of(held[0][0])
    if any(page[0] // QUARTER_MS != quarter and day_of(page[0]) != today for page in more):
        return walked((*held, *more), points, meanings)
    until = len(held)
    for place, page in enumerate(held):
        if page[0] // QUARTER_MS != quarter and day_of(page[0]) != today:
            until = place
            break
    of_today = held[:until]
    if until < len(held) and not _claims(more, points, meanings) <= _claims(of_today, points, meanings):
        return walked((*held, *more), points, meanings)
    kept, let_go = walked((*of_today, *more), points, meanings)
    return kept + held[until:], let_go


def _claims(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> set[str]:
    """What the counted pages of one day take from the days before it."""
    claims: set[str] = set()
    for page in pages:
        if is_counted(page, points):
            claims.add("counted" if page[4] is None else "measured")
            claims.add(f"answer:{meanings.page(page[2]).answer}")
            if page[3] in points.intents:
                claims.add("intent")
    return claims


def seen(pages: Iterable[PageSeen]) -> Pages:
    """Each page once, freshest first, with the latest time and the greatest dwell and interactions kept of it."""
    merged: dict[int, PageSeen] = {}
    for page in in_order(pages):
        held = merged.get(page[1])
        merged[page[1]] = page if held is None else _both(held, page)
    return tuple(merged.values())


def counted(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> dict[int, Pages]:
    """The counted pages of the freshest active days, by day: what `page_view`, `return_visit`, `deep_visit` read.

    Of one page at two times only the later is there; the older keeps its place in its day.
    """
    keep = points.pages
    taken: dict[int, set[int]] = {}
    days: dict[int, list[PageSeen]] = {}
    latest: set[int] = set()
    for page in in_order(pages):
        if not is_counted(page, points):
            continue
        day, hit_id = meanings.day_of(page[0]), page[1]
        ids = taken.get(day)
        if ids is None:
            if len(taken) >= keep.counted_days:
                continue
            ids = taken[day] = set()
        if hit_id in ids or len(ids) >= keep.counted_a_day:
            continue
        ids.add(hit_id)
        if hit_id not in latest:
            latest.add(hit_id)
            days.setdefault(day, []).append(page)
    return {day: tuple(of_day) for day, of_day in days.items()}


def _both(newer: PageSeen, older: PageSeen) -> PageSeen:
    return newer._replace(
        dwell_ms=_greater(newer.dwell_ms, older.dwell_ms), interactions=_greater(newer.interactions, older.interactions)
    )


def _greater(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)
