"""One person's doings as a joinable value: union of hits, pages and milestones, newest traits; nothing counts twice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from schemas.activity import Activity, Hit, Hits, Milestone, Trait
from streams.core.activity import hits, pages
from streams.core.rules import Rules

__all__ = ["EMPTY", "KNOWN_TRAITS", "freshest_milestones", "gather", "join", "kept_hits", "newest_traits"]

EMPTY: Final = Activity()
MILESTONES_OF_A_KIND: Final = 8
MAX_TRAITS: Final = 32
# Never pushed out by others: what Leadstream itself reads.
KNOWN_TRAITS: Final = frozenset(
    {"company", "department", "email", "employees", "industry", "name", "region", "segment", "title"}
)


def join(a: Activity, b: Activity, rules: Rules) -> Activity:
    """All that either knows, within the bounds: commutative, associative, idempotent."""
    return a if b is EMPTY else b if a is EMPTY else gather((a, b), rules)


def gather(activities: Sequence[Activity], rules: Rules) -> Activity:
    """The join of several."""
    by_rule: dict[str, list[Hit]] = {}
    for activity in activities:
        for name, kept in activity.hits.items():
            by_rule.setdefault(name, []).extend(kept)
    return Activity(
        hits=kept_hits(by_rule, rules),
        pages=pages.freshest((page for one in activities for page in one.pages), rules.scoring, rules.site),
        milestones=freshest_milestones(one for activity in activities for one in activity.milestones),
        traits=newest_traits(activity.traits for activity in activities),
    )


def kept_hits(by_rule: Mapping[str, Sequence[Hit]], rules: Rules) -> dict[str, Hits]:
    """Rule by rule what is kept. Hits of a rule that the rules no longer name are let go."""
    keeps = rules.scoring.keeps
    return {name: hits.freshest(found, keeps[name]) for name, found in sorted(by_rule.items()) if name in keeps}


def freshest_milestones(milestones: Iterable[Milestone]) -> tuple[Milestone, ...]:
    """Of each kind the 8 freshest distinct ones, freshest first; of two times of one the later."""
    taken: dict[str, set[str]] = {}
    kept: list[Milestone] = []
    for one in sorted(milestones, reverse=True):
        ids = taken.setdefault(one.kind, set())
        if one.milestone_id not in ids and len(ids) < MILESTONES_OF_A_KIND:
            ids.add(one.milestone_id)
            kept.append(one)
    return tuple(kept)


def newest_traits(several: Iterable[Mapping[str, Trait]]) -> dict[str, Trait]:
    """The newest of each name, ties by value; of too many names the known ones, then the freshest."""
    newest: dict[str, Trait] = {}
    for traits in several:
        for name, trait in traits.items():
            held = newest.get(name)
            if held is None or trait > held:
                newest[name] = trait
    if len(newest) > MAX_TRAITS:
        ranked = sorted(newest, key=lambda name: (name in KNOWN_TRAITS, newest[name].at, name), reverse=True)
        newest = {name: newest[name] for name in ranked[:MAX_TRAITS]}
    return dict(sorted(newest.items())) if len(newest) > 1 else newest
