"""A browser that several people used, or that turned out to be somebody: all that is remembered, divided by its time.

Whatever tells of one page or one form belongs to the lead that owned its latest time, so nothing counts for two.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from schemas.activity import Activity, Hit, Hits, Milestone, PageSeen, Trait
from streams.core.activity import pages
from streams.core.activity.activity import freshest_milestones, kept_hits, newest_traits
from streams.core.activity.spare import Said, Spare, SpareHit, spare_hits, spare_pages, spare_traits
from streams.core.events.facts import Facts
from streams.core.rules import Rules
from streams.core.visitor.identity import Timeline, owner_at

__all__ = ["divided"]


class _Pool:
    """Everything at once, nothing kept or let go yet."""

    __slots__ = ("hits", "milestones", "pages", "traits")

    def __init__(self, held: Iterable[Activity], spare: Spare, several: Iterable[Facts]) -> None:
        self.hits: set[SpareHit] = set(spare.hits)
        self.pages: set[PageSeen] = set(spare.pages)
        self.milestones: set[Milestone] = set()
        self.traits: set[Said] = set(spare.traits)
        sources: list[Activity | Facts] = [*held, *several]
        for one in sources:
            self.hits.update(SpareHit(*hit, name) for name, found in one.hits.items() for hit in found)
            self.pages.update(one.pages)
            self.milestones.update(one.milestones)
            self.traits.update(Said(trait.at, trait.value, name) for name, trait in one.traits.items())

    def latest(self) -> dict[int, int]:
        """The latest time of each hit id."""
        latest: dict[int, int] = {}
        for hit in self.hits:
            latest[hit.hit_id] = max(hit.at, latest.get(hit.hit_id, 0))
        for page in self.pages:
            latest[page.hit_id] = max(page.at, latest.get(page.hit_id, 0))
        return latest


class _Share:
    """What one lead gets of the pool."""

    __slots__ = ("hits", "milestones", "pages", "traits")

    def __init__(self) -> None:
        self.hits: dict[str, list[Hit]] = {}
        self.pages: list[PageSeen] = []
        self.milestones: list[Milestone] = []
        self.traits: list[Mapping[str, Trait]] = []

    def kept(self, rules: Rules) -> Activity:
        """What the walks keep of it."""
        return Activity(
            hits=kept_hits(self.hits, rules),
            pages=pages.freshest(self.pages, rules.scoring, rules.site),
            milestones=freshest_milestones(self.milestones),
            traits=newest_traits(self.traits),
        )


def divided(
    held: Sequence[Activity],
    spare: Spare,
    several: Sequence[Facts],
    *,
    timeline: Timeline,
    rules: Rules,
    unsaid: AbstractSet[int] = frozenset(),
) -> tuple[dict[str, Activity], Spare]:
    """The activity of each lead that owns anything, by lead, and what was let go.

    Traits that were said at a time of `unsaid` came with a claim that counts for nothing: they are nobody's.
    """
    pool = _Pool(held, spare, several)
    shares = _shares(pool, timeline, unsaid)
    by_lead = {lead_id: shares[lead_id].kept(rules) for lead_id in sorted(shares)}
    return by_lead, _left(pool, by_lead, rules)


def _shares(pool: _Pool, timeline: Timeline, unsaid: AbstractSet[int]) -> dict[str, _Share]:
    shares: dict[str, _Share] = {}
    owners = {hit_id: owner_at(timeline, at) for hit_id, at in pool.latest().items()}

    def share_of(lead_id: str) -> _Share:
        return shares.setdefault(lead_id, _Share())

    for at, hit_id, what, rule in pool.hits:
        share_of(owners[hit_id]).hits.setdefault(rule, []).append(Hit(at, hit_id, what))
    for page in pool.pages:
        share_of(owners[page.hit_id]).pages.append(page)
    for milestone in pool.milestones:
        share_of(owner_at(timeline, milestone.at)).milestones.append(milestone)
    for at, value, name in pool.traits:
        if at not in unsaid:
            share_of(owner_at(timeline, at)).traits.append({name: Trait(at, value)})
    return shares


def _left(pool: _Pool, by_lead: Mapping[str, Activity], rules: Rules) -> Spare:
    """What no lead keeps."""
    by_rule: dict[str, Hits] = {}
    kept_pages: list[PageSeen] = []
    kept: set[SpareHit] = set()
    said: set[Said] = set()
    for one in by_lead.values():
        kept_pages += one.pages
        said.update(Said(trait.at, trait.value, name) for name, trait in one.traits.items())
        for name, found in one.hits.items():
            by_rule[name] = (*by_rule.get(name, ()), *found)
            kept.update(SpareHit(*hit, name) for hit in found)
    return Spare(
        spare_hits(pool.hits - kept, by_rule, rules),
        spare_pages(pool.pages.difference(kept_pages), kept_pages, rules),
        spare_traits(pool.traits - said),
    )
