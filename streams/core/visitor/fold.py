"""A visitor's row: what one browser did, and who it was when.

Doings are kept by the lead that owned their time; while nobody is named they wait under "". A late identify divides
again what is kept. Each lead is told its own share; a lead that may have been told and owns nothing now is told that.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Activity, Claim, Version
from schemas.touches import Confirmation, LeadLink, VisitorStanding
from streams.core.activity.activity import EMPTY
from streams.core.activity.growth import with_facts
from streams.core.activity.spare import NO_SPARE, Spare
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.events.facts import Facts, Link, Ordered
from streams.core.folding import met, newer
from streams.core.gone import Gone, gone_from
from streams.core.rules import Rules
from streams.core.visitor.division import divided
from streams.core.visitor.erased import erased_by, passed_over, without_erased
from streams.core.visitor.identity import (
    ANYBODY,
    Who,
    kept_claims,
    kept_links,
    kept_orders,
    known_leads,
    named_leads,
    who_of,
)
from streams.core.visitor.networks import network_standings, with_networks

__all__ = ["Visitor", "fold"]

MAX_FORMER: Final = 32


class Visitor(Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One browser or device. `former` were pushed out of the bounded claims and must stay withdrawn.

    `erased`: leads that are forgotten here. Their claims go on to say whose time it was, and nothing of it is kept.
    """

    rules_version: ClassVar[str] = ""

    version: Version
    as_of: int
    wake_at: int | None = None
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    by_lead: dict[str, Activity] = {}
    spare: Spare = NO_SPARE
    former: tuple[str, ...] = ()
    orders: tuple[Ordered, ...] = ()
    networks: dict[str, int] = {}  # account of a listed network -> when it was seen there last
    gone: dict[str, Gone] = {}  # whom it withdrew from: what is said of them again is what was said first
    erased: tuple[str, ...] = ()


NOBODY: Final = Visitor(version=Version(0, 0), as_of=0)


def fold(
    key: str, row: Visitor | None, messages: Sequence[Facts], *, version: Version, rules: Rules
) -> Folded[Visitor]:
    """The row after these facts, and what its leads must know. Facts may be copies, late, in any order."""
    telling: list[Facts] = []  # those that say more than what was done: who it was, or where
    confirmed: list[Confirmation] = []
    as_of = 0 if row is None else row.as_of
    for one in messages:
        if one.received_at > as_of:  # noqa: PLR1730  a third of what `max` costs, for every event
            as_of = one.received_at
        if one.only_pages:
            continue
        if one.claims or one.links or one.orders or one.network:
            telling.append(one)
        if one.confirmation is not None:
            confirmed.append(one.confirmation)
    alone = _browsed(row, messages, as_of=as_of, version=version, rules=rules) if not (telling or confirmed) else None
    if alone is not None:
        return alone
    # What was let go of an erased time must not come back because the time is somebody else's by now.
    again = row is not None and bool(row.erased) and version < row.version
    heard = () if again else messages
    folded = _folded(key, row, heard, telling=telling, as_of=as_of, version=version, rules=rules)
    if not confirmed:
        return folded
    return Folded(folded.row, replace(folded.effects, touches=(*folded.effects.touches, *confirmed)))


def _browsed(
    row: Visitor | None, messages: Sequence[Facts], *, as_of: int, version: Version, rules: Rules
) -> Folded[Visitor] | None:
    """What was done by a browser of nobody, as most are: a row that changes and says nothing. None for all others."""
    before = NOBODY if row is None else row
    if before.claims or before.networks or before.gone or before.erased:
        return None
    held = before.by_lead.get(ANYBODY, EMPTY)
    activity, spare = with_facts(held, before.spare, messages, rules=rules)
    if row is not None and activity is held and spare is before.spare and as_of == before.as_of:
        return None
    by_lead = before.by_lead if activity is held and spare is before.spare else {ANYBODY: activity}
    after = replace(before, version=newer(before.version, version), as_of=as_of, by_lead=by_lead, spare=spare)
    said_nothing: Folded[Visitor] = tuple.__new__(Folded, (after, NOTHING))  # half of what `Folded(...)` costs
    return said_nothing


def _folded(
    key: str, row: Visitor | None, messages: Sequence[Facts], *, telling: Sequence[Facts], as_of: int,
    version: Version, rules: Rules,
) -> Folded[Visitor]:  # fmt: skip
    """Somebody's row, or one that the messages may make somebody's."""
    before = row if row is not None else NOBODY
    after = _placed(_named(before, telling), telling) if telling else before
    who = who_of(after.claims, after.links, after.orders)
    was = who if after is before else who_of(before.claims, before.links, before.orders)
    divide = after is not before and (who[1:] != was[1:] or after.erased != before.erased)
    by_lead, spare = _grown(after, messages, who=who, divide=divide, rules=rules)
    replayed = row is not None and version <= row.version
    links = _links(telling, () if replayed else before.links) if telling else ()
    same = after is before and by_lead is before.by_lead and spare is before.spare and as_of == before.as_of
    if row is not None and same:
        said = _all_said(key, row, who, withdraw=True, links=links, rules=rules) if replayed else _only(links)
        return Folded(row, passed_over(said, messages, who.timeline, erased=row.erased))
    now = newer(before.version, version)
    gone = _gone(before, after, was=was, who=who, since=Gone(now, as_of)) if telling else after.gone
    after = replace(after, version=now, as_of=as_of, by_lead=by_lead, spare=spare, gone=gone)
    if not (after.claims or links or after.networks or gone):
        return Folded(after, NOTHING)
    effects = _all_said(key, after, who, withdraw=divide or replayed, links=links, rules=rules)
    effects = passed_over(effects, messages, who.timeline, erased=after.erased)
    return Folded(after, met(effects, "identities") if after.former != before.former else effects)


def _named(row: Visitor, messages: Iterable[Facts]) -> Visitor:
    """The row with who the messages say it was; the same object where they say nothing new."""
    if not any(one.claims or one.links or one.orders for one in messages):
        return row
    new_claims = {claim for one in messages for claim in one.claims}.difference(row.claims)
    new_links = {link for one in messages for link in one.links}.difference(row.links)
    said = [order for one in messages for order in one.orders]
    orders = kept_orders((*row.orders, *(one for one in said if one.kind != "erase")))
    erased = erased_by(row.erased, said) if said else row.erased
    if not new_claims and not new_links and orders == row.orders and erased == row.erased:
        return row
    claims, links = kept_claims((*row.claims, *new_claims)), kept_links((*row.links, *new_links))
    if claims == row.claims and links == row.links and orders == row.orders and erased == row.erased:
        return row
    lost = named_leads((*row.claims, *new_claims), (*row.links, *new_links)) - named_leads(claims, links)
    earlier = set(row.former) - named_leads(claims, links) - lost
    former = tuple(sorted([*sorted(lost)[:MAX_FORMER], *sorted(earlier)[: max(MAX_FORMER - len(lost), 0)]]))
    return replace(row, claims=claims, links=links, former=former, orders=orders, erased=erased)


def _placed(row: Visitor, messages: Iterable[Facts]) -> Visitor:
    """The row with the networks that it was seen in; the same object where the messages say nothing new."""
    if not any(one.network for one in messages):
        return row
    networks = with_networks(row.networks, messages)
    return row if networks is row.networks else replace(row, networks=networks)


def _grown(
    row: Visitor, messages: Sequence[Facts], *, who: Who, divide: bool, rules: Rules
) -> tuple[dict[str, Activity], Spare]:
    """What each owner did with what the messages add, and what was let go; the same objects where they add nothing."""
    timeline, held, spare = who.timeline, row.by_lead, row.spare
    divides = divide and bool(held or spare != NO_SPARE)  # of a new row there is nothing to divide
    if divides or len(timeline) > 1 or who.denied or row.erased:
        by_lead, left = divided(
            list(held.values()), spare, messages, timeline=timeline, rules=rules, unsaid=who.denied
        )
        if row.erased:
            by_lead, left = without_erased(by_lead, left, row, timeline=timeline, rules=rules)
        return (held, spare) if by_lead == held and left == spare else (by_lead, left)
    lead_id = timeline[0].lead_id if timeline else ANYBODY
    before = held.get(lead_id, EMPTY)
    after, left = with_facts(before, spare, messages, rules=rules)
    return (held, spare) if after is before and left is spare else ({lead_id: after}, left)


def _gone(before: Visitor, after: Visitor, *, was: Who, who: Who, since: Gone) -> dict[str, Gone]:
    """Leads that owned claims and own none now; where somebody is known also the companies in whose networks it was.

    Leads that were denied before they were claimed hear of it too: what they said lies here, until they are erased.
    """
    known = known_leads(who.claims, after.links).keys()
    claimed = known_leads(after.claims, after.links) if who.denied else known
    stood = {*known_leads(was.claims, before.links), *claimed, *after.networks}.difference(before.erased)
    stands = known - set(after.erased) if known else after.networks.keys()
    return gone_from(before.gone, stood=stood, stands=stands, since=since)


def _links(messages: Sequence[Facts], known: Sequence[Link]) -> tuple[LeadLink, ...]:
    """What the messages say of leads of user ids, unless the row knew it: facts, whoever it is at this browser."""
    if not any(one.links for one in messages):
        return ()
    found = {link for one in messages for link in one.links}
    return tuple(
        LeadLink(to=link.user_lead, lead_id=link.lead_id, at=link.at, by=link.by, trust=link.trust)
        for link in sorted(found.difference(known))
    )


def _only(links: tuple[LeadLink, ...]) -> Effects:
    return Effects(touches=links) if links else NOTHING


def _all_said(
    visitor_id: str, row: Visitor, who: Who, *, withdraw: bool, links: tuple[LeadLink, ...], rules: Rules
) -> Effects:
    """Standings at leads; while there are none at the company in whose network it was."""
    effects = _said(visitor_id, row, who, withdraw=withdraw, links=links)
    if not row.networks:
        return effects
    signals = network_standings(visitor_id, row, known=bool(who.timeline), withdraw=withdraw, rules=rules)
    return replace(effects, signals=signals)


def _said(visitor_id: str, row: Visitor, who: Who, *, withdraw: bool, links: tuple[LeadLink, ...]) -> Effects:
    """One standing for each lead in the row's history, and an empty one for each that has no part in it any more."""
    if not row.claims and not links:
        return NOTHING
    known = known_leads(who.claims, row.links)
    standings = [
        VisitorStanding(
            to=lead_id, visitor_id=visitor_id, version=row.version, as_of=row.as_of, known_at=since, trust=trust,
            activity=row.by_lead.get(lead_id, EMPTY),
        )
        for lead_id, (since, trust) in known.items()
        if lead_id not in row.erased
    ]  # fmt: skip
    if withdraw:
        standings += [
            VisitorStanding(
                to=lead_id, visitor_id=visitor_id, version=since.version, as_of=since.as_of, known_at=0,
                trust="claimed", activity=None,
            )
            for lead_id, since in row.gone.items()
            if lead_id not in row.networks
        ]  # fmt: skip
    return Effects(touches=(*standings, *links))
