"""An activity and a few new facts: the join of `activity.gather`, walking again only what the facts touch."""

from collections.abc import Mapping, Sequence

from schemas.activity import Activity, Hit, Hits, Milestone, PageSeen, Trait
from streams.core import hits, pages
from streams.core.activity import freshest_milestones, newest_traits
from streams.core.facts import Facts
from streams.core.rules import Rules

__all__ = ["with_facts"]


def with_facts(before: Activity, several: Sequence[Facts], rules: Rules) -> Activity:
    """The activity with what the facts add; the same object where they add nothing."""
    kept = _hits(before.hits, several, rules)
    seen = _pages(before.pages, several, rules)
    milestones = _milestones(before.milestones, several)
    traits = _traits(before.traits, several)
    same = kept is before.hits and seen is before.pages
    if same and milestones is before.milestones and traits is before.traits:
        return before
    return Activity(hits=kept, pages=seen, milestones=milestones, traits=traits)


def _hits(held: dict[str, Hits], several: Sequence[Facts], rules: Rules) -> dict[str, Hits]:
    found: dict[str, list[Hit]] = {}
    for one in several:
        for name, more in one.hits.items():
            found.setdefault(name, []).extend(more)
    changed: dict[str, Hits] = {}
    for name, more_hits in found.items():
        before = held.get(name, ())
        if any(hit not in before for hit in more_hits):
            after = hits.freshest((*before, *more_hits), rules.scoring.keeps[name])
            if after != before:
                changed[name] = after
    return dict(sorted((held | changed).items())) if changed else held


def _pages(held: tuple[PageSeen, ...], several: Sequence[Facts], rules: Rules) -> tuple[PageSeen, ...]:
    more = [page for one in several for page in one.pages if page not in held]
    if not more:
        return held
    after = pages.freshest((*held, *more), rules.scoring, rules.site)
    return held if after == held else after


def _milestones(held: tuple[Milestone, ...], several: Sequence[Facts]) -> tuple[Milestone, ...]:
    more = [milestone for one in several for milestone in one.milestones if milestone not in held]
    if not more:
        return held
    after = freshest_milestones((*held, *more))
    return held if after == held else after


def _traits(held: dict[str, Trait], several: Sequence[Facts]) -> dict[str, Trait]:
    more: list[Mapping[str, Trait]] = [one.traits for one in several if one.traits]
    if not more:
        return held
    after = newest_traits((held, *more))
    return held if after == held else after
