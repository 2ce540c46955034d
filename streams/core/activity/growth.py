"""The activity of a browser that only one lead used, and a few new facts: only what the facts touch is walked again."""

from collections.abc import Mapping, Sequence

from schemas.activity import Activity, Hit, Hits, Milestone, PageSeen, Trait
from streams.core.activity import hits, pages
from streams.core.activity.activity import freshest_milestones, newest_traits
from streams.core.activity.spare import (
    Said,
    Spare,
    SpareHit,
    is_kept,
    replaced_traits,
    spare_after,
    spare_hits,
    spare_traits,
)
from streams.core.events.facts import Facts, Marks
from streams.core.rules import Rules

__all__ = ["with_facts"]


def with_facts(before: Activity, spare: Spare, several: Sequence[Facts], *, rules: Rules) -> tuple[Activity, Spare]:
    """The activity with what the facts add, and what was let go; the same objects where they add nothing."""
    hits_found, more_pages, more_milestones, told = _sorted_out(several)
    kept, let_go = before.hits, spare.hits
    if hits_found:
        kept, let_go = _hits(kept, let_go, hits_found, rules=rules)
    seen, unseen = before.pages, spare.pages
    if more_pages:
        seen, unseen = _pages(seen, unseen, more_pages, rules=rules)
    milestones = _milestones(before.milestones, more_milestones) if more_milestones else before.milestones
    traits, replaced = before.traits, spare.traits
    if told:
        traits, replaced = _traits(traits, replaced, told)
    after, left = before, spare
    if not (kept is before.hits and seen is before.pages and milestones is before.milestones
            and traits is before.traits):  # fmt: skip
        after = Activity(hits=kept, pages=seen, milestones=milestones, traits=traits)
    if not (let_go is spare.hits and unseen is spare.pages and replaced is spare.traits):
        left = Spare(let_go, unseen, replaced)
    return after, left


def _sorted_out(
    several: Sequence[Facts],
) -> tuple[dict[str, list[Hit]], list[PageSeen], list[Milestone], list[tuple[int, Marks]]]:
    """Hits by rule, pages, milestones, and traits with their times. Most facts hold a page and little else."""
    found: dict[str, list[Hit]] = {}
    seen: list[PageSeen] = []
    milestones: list[Milestone] = []
    told: list[tuple[int, Marks]] = []
    for one in several:
        if one.hits:
            for name, more in one.hits.items():
                found.setdefault(name, []).extend(more)
        if one.pages:
            seen += one.pages
        if one.marks:
            told.append((one.at, one.marks))
        if one.only_pages:
            continue
        if one.said:
            told += [(trait.at, ((name, trait.value),)) for name, trait in one.said.items()]
        milestones += one.milestones
    return found, seen, milestones, told


def _hits(
    held: dict[str, Hits], spare: tuple[SpareHit, ...], found: Mapping[str, Sequence[Hit]], *, rules: Rules
) -> tuple[dict[str, Hits], tuple[SpareHit, ...]]:
    changed: dict[str, Hits] = {}
    let_go: list[SpareHit] = []
    told: set[int] = set()
    for name, more_hits in found.items():
        before = held.get(name, ())
        if all(hit in before for hit in more_hits):
            continue
        keep = rules.scoring.keeps[name]
        after = hits.freshest((*before, *more_hits), keep)
        let_go += [SpareHit(*hit, name) for hit in (*before, *more_hits) if not is_kept(hit, after, keep)]
        told.update(hit[1] for hit in more_hits)
        if after != before:
            changed[name] = after
    now = held if not changed else {**held, **changed} if changed.keys() <= held.keys() else _sorted(held, changed)
    told.update(one.hit_id for one in let_go)
    touched = [one for one in spare if one.hit_id in told]
    if let_go or touched:
        settled = [one for one in spare if one.hit_id not in told]
        left = spare_hits((*touched, *let_go), now, rules, settled=settled)
        return now, spare if left == spare else left
    return now, spare


def _sorted(held: dict[str, Hits], changed: dict[str, Hits]) -> dict[str, Hits]:
    return dict(sorted((held | changed).items()))


def _pages(
    held: tuple[PageSeen, ...], spare: tuple[PageSeen, ...], more: Sequence[PageSeen], *, rules: Rules
) -> tuple[tuple[PageSeen, ...], tuple[PageSeen, ...]]:
    if not held:
        first, left = pages.walked(more, rules.scoring, rules.site)
        return first, spare_after(spare, more, let_go=left, kept=first, rules=rules)
    more = [page for page in more if page not in held]
    if not more:
        return held, spare
    after, let_go = pages.grown(held, more, rules.scoring, meanings=rules.site)
    after = held if after == held else after
    return after, spare_after(spare, more, let_go=let_go, kept=after, rules=rules)


def _milestones(held: tuple[Milestone, ...], said: Sequence[Milestone]) -> tuple[Milestone, ...]:
    more = [milestone for milestone in said if milestone not in held]
    if not more:
        return held
    after = freshest_milestones((*held, *more))
    return held if after == held else after


def _traits(
    held: dict[str, Trait], spare: tuple[Said, ...], told: Sequence[tuple[int, Marks]]
) -> tuple[dict[str, Trait], tuple[Said, ...]]:
    """One by one, the newer of both stays: what `newest_traits` keeps of them, while there are not too many names."""
    after = held
    replaced: list[Said] = []
    for at, marks in told:
        for name, value in marks:
            known, said = after.get(name), (at, value)
            if known == said:
                continue
            older: tuple[int, str] | None = said
            if known is None or said > known:
                after = dict(held) if after is held else after
                after[name], older = tuple.__new__(Trait, said), known
            if older is not None:
                replaced.append(tuple.__new__(Said, (*older, name)))  # half of what `Said(...)` costs
    if len(after) > len(held) and len(after) > 1:
        kept = newest_traits((after,))
        replaced += replaced_traits((after,), kept)
        after = held if kept == held else kept
    if not replaced:
        return after, spare
    left = spare_traits((*spare, *replaced))
    return after, spare if left == spare else left
