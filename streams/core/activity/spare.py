"""What the walks let go, for a while: so that a late claim divides what really happened and not only what was kept.

Of hits and traits the freshest 24 are remembered, of pages whatever is as fresh as the browser's 48 freshest pages: the
same in any order of arrival. A claim that comes late divides exactly what is not older than that.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from msgspec import Struct

from schemas.activity import Hit, Hits, PageSeen, Trait
from streams.core.activity.hits import Keep
from streams.core.activity.pages import in_order
from streams.core.rules import Rules

__all__ = [
    "NO_SPARE",
    "Said",
    "Spare",
    "SpareHit",
    "is_kept",
    "replaced_traits",
    "spare_after",
    "spare_hits",
    "spare_pages",
    "spare_traits",
]

MOST: Final = 24  # hits, and traits
PAGES: Final = 48  # distinct ones, kept or not
MESSAGES: Final = 2 * PAGES  # about pages: the opening and the attention of each; only a sender at fault has more
_ID_OF: Final = itemgetter(1)  # of a page
_FRESHNESS_OF: Final = itemgetter(0, 1)  # of a page


class SpareHit(NamedTuple):
    """A hit that its rule let go."""

    at: int
    hit_id: int
    what: str
    rule: str


class Said(NamedTuple):
    """A trait that something newer replaced."""

    at: int
    value: str
    name: str


class Spare(Struct, frozen=True, array_like=True, gc=False):
    """Freshest first; at most 24 hits and traits, 96 messages about pages."""

    hits: tuple[SpareHit, ...] = ()
    pages: tuple[PageSeen, ...] = ()
    traits: tuple[Said, ...] = ()


NO_SPARE: Final = Spare()


def is_kept(hit: Hit, kept: Hits, keep: Keep) -> bool:
    """Whether a hit is kept, or a later time of it in its bucket is."""
    same = [other for other in kept if other[1] == hit[1]]
    return hit in same or any(keep.bucket_of(other) == keep.bucket_of(hit) for other in same)


def spare_hits(
    let_go: Iterable[SpareHit], kept: Mapping[str, Hits], rules: Rules, *, settled: Iterable[SpareHit] = ()
) -> tuple[SpareHit, ...]:
    """Of hits that were let go those to remember: not one that a later time of the same hit in its bucket replaced.

    `settled` are remembered already, and nothing new was said of their hits.
    """
    found = list(settled)
    seen: set[tuple[str, int, int | str]] = set()
    for one in sorted(set(let_go), reverse=True):
        keep = rules.scoring.keeps.get(one.rule)
        hit = Hit(one.at, one.hit_id, one.what)
        if keep is None or is_kept(hit, kept.get(one.rule, ()), keep):
            continue
        if (place := (one.rule, one.hit_id, keep.bucket_of(hit))) not in seen:
            seen.add(place)
            found.append(one)
    found.sort(reverse=True)
    return tuple(found[:MOST])


def spare_after(
    spare: tuple[PageSeen, ...], more: Sequence[PageSeen], *, let_go: Sequence[PageSeen], kept: Sequence[PageSeen],
    rules: Rules,
) -> tuple[PageSeen, ...]:  # fmt: skip
    """What is remembered of pages after `more` of them; `let_go` are distinct, freshest first.

    Most are the only message about their page, and then there is nothing that could cover them.
    """
    if not spare and not let_go:
        return spare
    alone = len(set(map(_ID_OF, (*let_go, *kept)))) == len(let_go) + len(kept)
    if not alone:
        let_go = _uncovered(let_go, kept, rules)
    left = _fresh(_spare_with(spare, more, let_go=let_go, kept=kept, alone=alone, rules=rules), kept)
    return spare if left == spare else left


def _spare_with(
    spare: tuple[PageSeen, ...], more: Sequence[PageSeen], *, let_go: Sequence[PageSeen], kept: Sequence[PageSeen],
    alone: bool, rules: Rules,
) -> tuple[PageSeen, ...]:  # fmt: skip
    told = {page[1] for page in (*more, *let_go)}
    touched = [page for page in spare if page[1] in told]
    if not touched:
        if not let_go:
            return spare
        if alone:  # as most are
            return _merged(let_go, spare)
    settled = spare if not touched else [page for page in spare if page[1] not in told]
    return _merged(_distinct((*touched, *let_go), kept, rules), settled)


def _uncovered(pages: Sequence[PageSeen], others: Iterable[PageSeen], rules: Rules) -> list[PageSeen]:
    """Those of which no other message about the page, of the same day, says all that they say, and is as fresh."""
    ids = {page[1] for page in pages}
    alike = [other for other in others if other[1] in ids]
    return [page for page in pages if not _is_covered(page, alike, rules)] if alike else list(pages)


def spare_pages(let_go: Iterable[PageSeen], kept: Sequence[PageSeen], rules: Rules) -> tuple[PageSeen, ...]:
    """Of pages that were let go those to remember: not one that is covered."""
    return _fresh(tuple(_distinct(let_go, kept, rules)), kept)


def _distinct(let_go: Iterable[PageSeen], kept: Sequence[PageSeen], rules: Rules) -> list[PageSeen]:
    """Those that neither what is kept nor another of them covers, freshest first."""
    ordered = in_order(let_go)
    alone = len(set(map(_ID_OF, ordered))) == len(ordered)
    return _uncovered(ordered, kept if alone else (*kept, *ordered), rules)


def _merged(found: Sequence[PageSeen], settled: Sequence[PageSeen]) -> tuple[PageSeen, ...]:
    """Both, which tell of different pages, freshest first."""
    return tuple(sorted((*found, *settled), reverse=True))


def _fresh(spare: tuple[PageSeen, ...], kept: Sequence[PageSeen]) -> tuple[PageSeen, ...]:
    """Those as fresh as the browser's 48 freshest pages, kept or not; the same object where all are.

    Pages are counted and not messages: that a page is known, and how fresh it is, only grows, whichever message covers
    or replaces another. So what is gone would be gone in any order of arrival.
    """
    if not spare or len(spare) + len(kept) <= PAGES:
        return spare
    since = _since([*kept, *spare])
    if len(spare) <= MESSAGES and _FRESHNESS_OF(spare[-1]) >= since:
        return spare
    return tuple(page for page in spare if _FRESHNESS_OF(page) >= since)[:MESSAGES]


def _since(known: list[PageSeen]) -> tuple[int, int]:
    """How fresh the oldest of the 48 freshest pages is. Sorts what it gets."""
    known.sort(key=_FRESHNESS_OF, reverse=True)
    ids: set[int] = set()
    for page in known:
        ids.add(page[1])
        if len(ids) == PAGES:
            return page[0], page[1]
    return known[-1][0], known[-1][1]


def spare_traits(let_go: Iterable[Said]) -> tuple[Said, ...]:
    """Of traits that were replaced those to remember."""
    return tuple(sorted(set(let_go), reverse=True)[:MOST])


def replaced_traits(several: Iterable[Mapping[str, Trait]], kept: Mapping[str, Trait]) -> list[Said]:
    """What was said and is not kept."""
    return [
        Said(one.at, one.value, name) for traits in several for name, one in traits.items() if kept.get(name) != one
    ]


def _is_covered(page: PageSeen, others: Iterable[PageSeen], rules: Rules) -> bool:
    day_of = rules.site.day_of
    return any(other[1] == page[1] and _covers(other, page) and day_of(other[0]) == day_of(page[0]) for other in others)


def _covers(other: PageSeen, page: PageSeen) -> bool:
    if other[0] < page[0] or other == page:
        return False
    return _at_least(other[4], page[4]) and _at_least(other[5], page[5]) and (other[0] > page[0] or other > page)


def _at_least(one: int | None, other: int | None) -> bool:
    return one == other if one is None or other is None else one >= other
