"""A visitor's row: what one browser did, and who it was when.

Doings are kept by the lead that owned their time; while nobody is named they wait under "". A late identify divides
again what is kept. Each lead is told its own share; a lead that may have been told and owns nothing now is told that.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Activity, Claim, Hit, Milestone, PageSeen, Trait, Version
from schemas.touches import VisitorStanding
from streams.core.activity import EMPTY, gather
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.facts import Facts, Link
from streams.core.folding import newer
from streams.core.growth import with_facts
from streams.core.identity import (
    Timeline,
    kept_claims,
    kept_links,
    known_leads,
    named_leads,
    owner_at,
    timeline_of,
)
from streams.core.rules import Rules

__all__ = ["Visitor", "fold"]

MAX_FORMER: Final = 32


class Visitor(Struct, frozen=True, array_like=True, kw_only=True):
    """One browser or device. `former` were pushed out of the bounded claims and must stay withdrawn."""

    FORMAT: ClassVar[int] = 1

    version: Version
    as_of: int
    wake_at: int | None = None
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    by_lead: dict[str, Activity] = {}
    former: tuple[str, ...] = ()


def fold(
    key: str, row: Visitor | None, messages: Sequence[Facts], *, version: Version, rules: Rules
) -> Folded[Visitor]:
    """The row after these facts, and what its leads must know. Facts may be copies, late, in any order."""
    before = row if row is not None else Visitor(version=version, as_of=0)
    after = _named(before, messages)
    timeline = timeline_of(after.claims, after.links)
    redivided = after is not before and timeline != timeline_of(before.claims, before.links)
    held = _divided(before.by_lead.values(), timeline, rules) if redivided else before.by_lead
    by_lead = _grown(held, messages, timeline=timeline, rules=rules)
    as_of = max(before.as_of, max((one.received_at for one in messages), default=0))
    replayed = row is not None and version <= row.version
    if row is not None and after is before and by_lead is before.by_lead and as_of == before.as_of:
        return Folded(row, _said(key, row, timeline, withdraw=True) if replayed else NOTHING)
    after = replace(after, version=newer(before.version, version), as_of=as_of, by_lead=by_lead)
    return Folded(after, _said(key, after, timeline, withdraw=redivided or replayed))


def _named(row: Visitor, messages: Iterable[Facts]) -> Visitor:
    """The row with who the messages say it was; the same object where they say nothing new."""
    new_claims = {claim for one in messages for claim in one.claims}.difference(row.claims)
    new_links = {link for one in messages for link in one.links}.difference(row.links)
    if not new_claims and not new_links:
        return row
    claims, links = kept_claims((*row.claims, *new_claims)), kept_links((*row.links, *new_links))
    if claims == row.claims and links == row.links:
        return row
    lost = named_leads((*row.claims, *new_claims), (*row.links, *new_links)) - named_leads(claims, links)
    former = tuple(sorted((lost | set(row.former)) - named_leads(claims, links)))[:MAX_FORMER]
    return replace(row, claims=claims, links=links, former=former)


def _divided(held: Iterable[Activity], timeline: Timeline, rules: Rules) -> dict[str, Activity]:
    """All that is kept, divided anew by the owners of its times."""
    shares: dict[str, list[Activity]] = {}
    for one in held:
        for lead_id, share in _shares(one, timeline).items():
            shares.setdefault(lead_id, []).append(share)
    return {lead_id: gather(shares[lead_id], rules) for lead_id in sorted(shares)}


def _shares(whole: Activity, timeline: Timeline) -> dict[str, Activity]:
    """One activity by the owners of its times."""
    by_rule: dict[str, dict[str, list[Hit]]] = {}
    seen: dict[str, list[PageSeen]] = {}
    milestones: dict[str, list[Milestone]] = {}
    traits: dict[str, dict[str, Trait]] = {}
    for name, kept in whole.hits.items():
        for hit in kept:
            by_rule.setdefault(owner_at(timeline, hit.at), {}).setdefault(name, []).append(hit)
    for page in whole.pages:
        seen.setdefault(owner_at(timeline, page.at), []).append(page)
    for milestone in whole.milestones:
        milestones.setdefault(owner_at(timeline, milestone.at), []).append(milestone)
    for name, trait in whole.traits.items():
        traits.setdefault(owner_at(timeline, trait.at), {})[name] = trait
    return {
        lead_id: Activity(
            hits={name: tuple(kept) for name, kept in by_rule.get(lead_id, {}).items()},
            pages=tuple(seen.get(lead_id, ())),
            milestones=tuple(milestones.get(lead_id, ())),
            traits=traits.get(lead_id, {}),
        )
        for lead_id in {*by_rule, *seen, *milestones, *traits}
    }


def _grown(
    held: dict[str, Activity], messages: Sequence[Facts], *, timeline: Timeline, rules: Rules
) -> dict[str, Activity]:
    """The activities with what the messages add, each to its owner; the same object where they add nothing."""
    by_owner: dict[str, list[Facts]] = {}
    for one in messages:
        by_owner.setdefault(owner_at(timeline, one.at), []).append(one)
    grown = held
    for lead_id, several in by_owner.items():
        before = held.get(lead_id, EMPTY)
        after = with_facts(before, several, rules)
        if after is not before:
            if grown is held:
                grown = dict(held)
            grown[lead_id] = after
    if grown is not held and len(grown) > len(held):
        grown = {lead_id: grown[lead_id] for lead_id in sorted(grown)}
    return grown


def _said(visitor_id: str, row: Visitor, timeline: Timeline, *, withdraw: bool) -> Effects:
    """One standing for each lead in the row's history, and an empty one for each that has no part in it any more."""
    if not timeline:
        return NOTHING
    known = known_leads(row.claims, row.links)
    standings = [
        VisitorStanding(
            to=lead_id, visitor_id=visitor_id, version=row.version, as_of=row.as_of, known_at=since, trust=trust,
            activity=row.by_lead.get(lead_id, EMPTY),
        )
        for lead_id, (since, trust) in known.items()
    ]  # fmt: skip
    if withdraw:
        gone = (named_leads(row.claims, row.links) | set(row.former)) - known.keys()
        standings += [
            VisitorStanding(
                to=lead_id, visitor_id=visitor_id, version=row.version, as_of=row.as_of, known_at=0, trust="claimed",
                activity=None,
            )
            for lead_id in sorted(gone)
        ]  # fmt: skip
    return Effects(touches=tuple(standings))
