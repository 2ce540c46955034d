"""The activity of a browser that only one lead used, and a few new facts: only what the facts touch is walked again."""

from collections.abc import Sequence

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
    kept, let_go = _hits(before.hits, spare.hits, several, rules=rules)
    seen, unseen = _pages(before.pages, spare.pages, several, rules=rules)
    milestones = _milestones(before.milestones, several)
    traits, replaced = _traits(before.traits, spare.traits, several)
    after, left = before, spare
    if not (kept is before.hits and seen is before.pages and milestones is before.milestones
            and traits is before.traits):  # fmt: skip
        after = Activity(hits=kept, pages=seen, milestones=milestones, traits=traits)
    if not (let_go is spare.hits and unseen is spare.pages and replaced is spare.traits):
        left = Spare(let_go, unseen, replaced)
    return after, left


def _hits(
    held: dict[str, Hits], spare: tuple[SpareHit, ...], several: Sequence[Facts], *, rules: Rules
) -> tuple[dict[str, Hits], tuple[SpareHit, ...]]:
    found = _found(several)
    if not found:
        return held, spare
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


def _found(several: Sequence[Facts]) -> dict[str, list[Hit]]:
    """What was hit, by rule. Most pages hit none."""
    found: dict[str, list[Hit]] = {}
    for one in several:
        if one.hits:
            for name, more in one.hits.items():
                found.setdefault(name, []).extend(more)
    return found


def _sorted(held: dict[str, Hits], changed: dict[str, Hits]) -> dict[str, Hits]:
    return dict(sorted((held | changed).items()))


def _pages(
    held: tuple[PageSeen, ...], spare: tuple[PageSeen, ...], several: Sequence[Facts], *, rules: Rules
) -> tuple[tuple[PageSeen, ...], tuple[PageSeen, ...]]:
    more: list[PageSeen] = []
    for one in several:
        if one.pages:
            more += one.pages
    if held:
        more = [page for page in more if page not in held]
    if not more:
        return held, spare
    after, let_go = pages.grown(held, more, rules.scoring, meanings=rules.site)
    after = held if after == held else after
    return after, spare_after(spare, more, let_go=let_go, kept=after, rules=rules)


def _milestones(held: tuple[Milestone, ...], several: Sequence[Facts]) -> tuple[Milestone, ...]:
    more: list[Milestone] = []
    for one in several:
        if one.milestones:
            more += [milestone for milestone in one.milestones if milestone not in held]
    if not more:
        return held
    after = freshest_milestones((*held, *more))
    return held if after == held else after


def _traits(
    held: dict[str, Trait], spare: tuple[Said, ...], several: Sequence[Facts]
) -> tuple[dict[str, Trait], tuple[Said, ...]]:
    """One by one, the newer of both stays: what `newest_traits` keeps of them, while there are not too many names."""
    after = held
    replaced: list[Said] = []
    for at, marks in _told(several):
        for name, value in marks:
            known, said = after.get(name), (at, value)
            if known == said:
                continue
            older: tuple[int, str] | None = said
            if known is None or said > known:
                after = dict(held) if after is held else after
                after[name], older = tuple.__new__(Trait, said), known
            if older is not None:
                replaced.append(Said(older[0], older[1], name))
    if len(after) > len(held) and len(after) > 1:
        kept = newest_traits((after,))
        replaced += replaced_traits((after,), kept)
        after = held if kept == held else kept
    if not replaced:
        return after, spare
    left = spare_traits((*spare, *replaced))
    return after, spare if left == spare else left


def _told(several: Sequence[Facts]) -> list[tuple[int, Marks]]:
    """All traits that were said, with their times."""
    told: list[tuple[int, Marks]] = []
    for one in several:
        if one.marks:
            told.append((one.at, one.marks))
        if one.said:
            told += [(trait.at, ((name, trait.value),)) for name, trait in one.said.items()]
    return told
