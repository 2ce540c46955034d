"""Which pages are remembered: a join like that of hits, of several walks at once.

An element is one message about one page (its opening, or its attention so far), never a mixture of two: a mixture
would depend on what was still there when the second came. Each walk keeps the freshest elements that it asks for; a
page is kept if any walk keeps it. Readers take the greatest dwell and interactions of one page (`seen`).
"""

from collections.abc import Iterable

from schemas.activity import PageSeen
from streams.core.meanings import Meanings
from streams.core.points import Points

__all__ = ["counted", "freshest", "is_counted", "is_human", "seen"]

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


class _Walk:
    """The freshest `days` days, and of each the freshest `a_day` distinct pages."""

    __slots__ = ("a_day", "days", "taken")

    def __init__(self, days: int, a_day: int) -> None:
        self.days = days
        self.a_day = a_day
        self.taken: dict[int, set[int]] = {}

    def takes(self, day: int, hit_id: int) -> bool:
        ids = self.taken.get(day)
        if ids is None:
            if len(self.taken) >= self.days:
                return False
            self.taken[day] = {hit_id}
            return True
        if len(ids) >= self.a_day or hit_id in ids:
            return False
        ids.add(hit_id)
        return True


def freshest(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> Pages:
    """The pages that are kept, freshest first."""
    ordered = in_order(pages)
    keep = points.pages
    day_of, page_kind = meanings.day_of, meanings.page
    uncounted, intents, careers = points.uncounted, keep.intent_kinds, keep.careers_kinds
    any_day, active, read = _Walk(keep.seen_days, 1), _Walk(keep.counted_days, keep.counted_a_day), _Walk(64, 1)
    human, career, intent = _Walk(64, 1), _Walk(64, 1), _Walk(keep.intent_days, 1)
    answered: set[str] = set()
    by_day: dict[int, list[PageSeen]] = {}  # counted pages of the freshest days, to find the longest read
    kept: set[PageSeen] = set()
    for page in ordered:
        _, hit_id, path, kind, dwell_ms, interactions = page
        day = day_of(page[0])
        wanted = any_day.takes(day, hit_id)
        if day in any_day.taken:
            if interactions is None or interactions >= 1:
                wanted |= human.takes(day, 0)
            if kind in careers:
                wanted |= career.takes(day, 0)
        if (dwell_ms is None or dwell_ms >= keep.counted_ms) and kind not in uncounted:
            wanted |= active.takes(day, hit_id)
            if day in any_day.taken:
                wanted |= read.takes(day, 0)
            if kind in intents:
                wanted |= intent.takes(day, 0)
            if (answer := page_kind(path).answer) and answer not in answered:
                answered.add(answer)
                wanted = True
            if dwell_ms is not None and (day in by_day or len(by_day) < keep.read_days):
                by_day.setdefault(day, []).append(page)
        if wanted:
            kept.add(page)
    for of_day in by_day.values():
        kept.update(_longest(of_day, most=keep.counted_a_day))
    return tuple(ordered) if len(kept) == len(ordered) else tuple(page for page in ordered if page in kept)


def seen(pages: Iterable[PageSeen]) -> Pages:
    """Each page once, freshest first, with the latest time and the greatest dwell and interactions kept of it."""
    merged: dict[int, PageSeen] = {}
    for page in in_order(pages):
        held = merged.get(page.hit_id)
        merged[page.hit_id] = page if held is None else _both(held, page)
    return tuple(merged.values())


def counted(pages: Iterable[PageSeen], points: Points, meanings: Meanings) -> dict[int, Pages]:
    """The counted pages of the freshest active days, by day: what `page_view`, `return_visit`, `deep_visit` read."""
    keep = points.pages
    walk = _Walk(keep.counted_days, keep.counted_a_day)
    days: dict[int, list[PageSeen]] = {}
    latest: set[int] = set()
    for page in in_order(pages):
        day = meanings.day_of(page.at)
        if is_counted(page, points) and walk.takes(day, page.hit_id) and page.hit_id not in latest:
            latest.add(page.hit_id)
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


def _longest(pages: list[PageSeen], *, most: int) -> set[PageSeen]:
    """Of the distinct pages of one day those that were read longest, each by its longest message."""
    ids: set[int] = set()
    found: set[PageSeen] = set()
    for page in sorted(pages, key=lambda page: (page.dwell_ms or 0, page), reverse=True):
        if page.hit_id not in ids:
            ids.add(page.hit_id)
            found.add(page)
            if len(ids) >= most:
                break
    return found
