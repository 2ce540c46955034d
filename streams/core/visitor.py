"""A visitor's row: what one browser did, and who it was when.

Doings are kept by the lead that owned their time; while nobody is named they wait under "". A late identify divides
again what is kept. Each lead is told its own share; a lead that may have been told and owns nothing now is told that.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Activity, Claim, Version
from schemas.touches import VisitorStanding
from streams.core.activity import EMPTY
from streams.core.division import divided
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.facts import Facts, Link
from streams.core.folding import met, newer
from streams.core.growth import with_facts
from streams.core.identity import (
    ANYBODY,
    Timeline,
    kept_claims,
    kept_links,
    known_leads,
    named_leads,
    timeline_of,
)
from streams.core.rules import Rules
from streams.core.spare import NO_SPARE, Spare

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
    spare: Spare = NO_SPARE
    former: tuple[str, ...] = ()


def fold(
    key: str, row: Visitor | None, messages: Sequence[Facts], *, version: Version, rules: Rules
) -> Folded[Visitor]:
    """The row after these facts, and what its leads must know. Facts may be copies, late, in any order."""
    folded = _folded(key, row, messages, version=version, rules=rules)
    confirmed = tuple(one.confirmation for one in messages if one.confirmation is not None)
    if not confirmed:
        return folded
    return Folded(folded.row, replace(folded.effects, touches=(*folded.effects.touches, *confirmed)))


def _folded(
    key: str, row: Visitor | None, messages: Sequence[Facts], *, version: Version, rules: Rules
) -> Folded[Visitor]:
    before = row if row is not None else Visitor(version=version, as_of=0)
    after = _named(before, messages)
    timeline = timeline_of(after.claims, after.links)
    divide = after is not before and timeline != timeline_of(before.claims, before.links)
    after = _grown(after, messages, timeline=timeline, divide=divide, rules=rules)
    as_of = max(before.as_of, max((one.received_at for one in messages), default=0))
    replayed = row is not None and version <= row.version
    if row is not None and after is before and as_of == before.as_of:
        return Folded(row, _said(key, row, timeline, withdraw=True) if replayed else NOTHING)
    after = replace(after, version=newer(before.version, version), as_of=as_of)
    effects = _said(key, after, timeline, withdraw=divide or replayed)
    return Folded(after, met(effects, "identities") if after.former != before.former else effects)


def _named(row: Visitor, messages: Iterable[Facts]) -> Visitor:
    """The row with who the messages say it was; the same object where they say nothing new."""
    if not any(one.claims or one.links for one in messages):
        return row
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


def _grown(row: Visitor, messages: Sequence[Facts], *, timeline: Timeline, divide: bool, rules: Rules) -> Visitor:
    """The row with what the messages add, each to its owner; the same object where they add nothing."""
    if divide or len(timeline) > 1:
        held = list(row.by_lead.values())
        by_lead, spare = divided(held, row.spare, messages, timeline=timeline, rules=rules)
        if by_lead == row.by_lead and spare == row.spare:
            return row
        return replace(row, by_lead=by_lead, spare=spare)
    lead_id = timeline[0].lead_id if timeline else ANYBODY
    before = row.by_lead.get(lead_id, EMPTY)
    after, spare = with_facts(before, row.spare, messages, rules=rules)
    if after is before and spare is row.spare:
        return row
    return replace(row, by_lead={lead_id: after}, spare=spare)


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
