"""Which pages are remembered: a join like that of hits, of several walks at once.

An element is one message about one page (its opening, or its attention so far), never a mixture of two: a mixture
would depend on what was still there when the second came. Each walk keeps the freshest elements that it asks for; a
page is kept if any walk keeps it. Readers take the greatest dwell and interactions of one page (`seen`).
"""

from collections.abc import Iterable, Sequence

from schemas.activity import PageSeen
from streams.core.meanings import Meanings
from streams.core.points import Points

__all__ = ["counted", "freshest", "in_order", "is_counted", "is_human", "seen", "walked"]

Pages = tuple[PageSeen, ...]


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
    try:
        return sorted(distinct, reverse=True)
    except TypeError:  # one page with and without measured dwell: None sorts below every number
        return sorted(distinct, key=_rank, reverse=True)


def _rank(page: PageSeen) -> tuple[int, int, str, str, int, int]:
    at, hit_id, path, kind, dwell_ms, interactions = page
    return at, hit_id, path, kind, -1 if dwell_ms is None else dwell_ms, -1 if interactions is None else interactions


class _Day:
    """What one day has taken so far, from its freshest page on."""

    __slots__ = ("career", "human", "ids", "intent", "longest", "open", "seen")

    def __init__(self, *, seen: bool) -> None:
        self.seen = seen  # one of the freshest days
        self.human = self.career = self.intent = False
        self.ids: set[int] | None = None  # counted pages
        self.open = False  # one of the freshest days with a counted page
        self.longest: list[int] | None = None  # places of the measured counted pages


class _Walk:
    """All walks at once over elements, freshest first: `flags` says which are kept."""

    __slots__ = (
        "_answered", "_days", "_left_active", "_left_intent", "_left_read", "_left_seen", "_meanings", "_points",
        "flags", "ordered",
    )  # fmt: skip

    def __init__(self, ordered: Sequence[PageSeen], points: Points, meanings: Meanings) -> None:
        keep = points.pages
        self.ordered = ordered
        self.flags = bytearray(len(ordered))
        self._points, self._meanings = points, meanings
        self._days: dict[int, _Day] = {}
        self._answered: set[str] = set()
        self._left_seen, self._left_active = keep.seen_days, keep.counted_days
        self._left_intent, self._left_read = keep.intent_days, keep.read_days

    def run(self) -> None:
        """Decides about every element."""
        points, day_of, days, flags = self._points, self._meanings.day_of, self._days, self.flags
        counted_ms, uncounted, careers = points.pages.counted_ms, points.uncounted, points.careers
        for place, page in enumerate(self.ordered):
            at, _, _, kind, dwell_ms, interactions = page
            day = days.get(number := day_of(at))
            if day is None:
                day = days[number] = _Day(seen=self._left_seen > 0)
                self._left_seen -= 1
                flags[place] = day.seen
            if day.seen and not day.human and (interactions is None or interactions >= 1):
                day.human = True
                flags[place] = 1
            if kind in careers and day.seen and not day.career:
                day.career = True
                flags[place] = 1
            if (dwell_ms is None or dwell_ms >= counted_ms) and kind not in uncounted and self._takes(day, place, page):
                flags[place] = 1
        for day in days.values():
            if day.longest:
                self._keep_longest(day.longest)

    def _takes(self, day: _Day, place: int, page: PageSeen) -> bool:
        """Whether a walk wants this counted page."""
        wanted = False
        if day.ids is None:
            day.ids = set()
            day.open = self._left_active > 0
            self._left_active -= 1
            wanted = day.seen
        if day.open and page[1] not in day.ids and len(day.ids) < self._points.pages.counted_a_day:
            day.ids.add(page[1])
            wanted = True
        if page[3] in self._points.intents and not day.intent:
            day.intent = True
            wanted |= self._left_intent > 0
            self._left_intent -= 1
        if (answer := self._meanings.page(page[2]).answer) and answer not in self._answered:
            self._answered.add(answer)
            wanted = True
        if page[4] is not None:
            if day.longest is None:
                day.longest = [] if self._left_read > 0 else None
                self._left_read -= 1
            if day.longest is not None:
                day.longest.append(place)
        return wanted

    def _keep_longest(self, places: list[int]) -> None:
        """Of the distinct pages of one day those that were read longest, each by its longest message."""
        if all(self.flags[place] for place in places):
            return
        ordered, ids = self.ordered, set[int]()
        for place in sorted(places, key=lambda place: (ordered[place][4] or 0, -place), reverse=True):
            if (hit_id := ordered[place][1]) not in ids:
                ids.add(hit_id)
                self.flags[place] = 1
                if len(ids) >= self._points.pages.counted_a_day:
                    break


def freshest(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> Pages:
    """The pages that are kept, freshest first."""
    return walked(pages, points, meanings)[0]


def walked(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> tuple[Pages, Sequence[PageSeen]]:
    """The pages that are kept, freshest first, and those that are let go."""
    ordered = in_order(pages)
    walk = _Walk(ordered, points, meanings)
    walk.run()
    if all(walk.flags):
        return tuple(ordered), ()
    flags = walk.flags
    return (
        tuple(page for page, flag in zip(ordered, flags, strict=True) if flag),
        [page for page, flag in zip(ordered, flags, strict=True) if not flag],
    )


def seen(pages: Iterable[PageSeen]) -> Pages:
    """Each page once, freshest first, with the latest time and the greatest dwell and interactions kept of it."""
    merged: dict[int, PageSeen] = {}
    for page in in_order(pages):
        held = merged.get(page.hit_id)
        merged[page.hit_id] = page if held is None else _both(held, page)
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
