"""A deal's row: the CRM's newest report of it and what it said in pieces, told to its account and to its people.

Whom it no longer concerns hears that it was withdrawn.
"""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct, json
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.signals import Signal
from streams.core.deal_patch import Patched, crowded, facts_of, heard_at, patched, wanted
from streams.core.effects import Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.parts import Told, addressed, to_withdraw
from streams.core.rules import Rules

__all__ = ["Deal", "fold"]

MAX_PEOPLE = 64


class Deal(Struct, frozen=True, array_like=True, tag="deal"):
    """One CRM opportunity. Times are UTC milliseconds."""

    FORMAT: ClassVar[int] = 1
    version: Version
    as_of: int
    wake_at: int | None = None
    deal: DealFacts | None = None
    accounts: Told = {}
    people: Told = {}
    patched: Patched | None = None


def fold(key: str, row: Deal | None, messages: Sequence[Signal], *, version: Version, rules: Rules) -> Folded[Deal]:
    """The deal after these reports: the greatest `reported_at` wins, ties by value. Other messages are passed over."""
    del rules
    reports = [message for message in messages if isinstance(message, DealReport)]
    before = row or Deal(version, as_of=0)
    deals = [_bounded(report.deal) for report in reports] + ([] if before.deal is None else [before.deal])
    deal = max(deals, key=_freshness, default=None)
    now = newer(before.version, version)
    pieces = patched(before.patched, messages)
    facts = _shown(key, deal, pieces)
    after = replace(
        before,
        as_of=max(before.as_of, *(report.received_at for report in reports), *heard_at(messages), 0),
        deal=deal,
        accounts=addressed(before.accounts, [] if facts is None else [facts.account_id], version=now),
        people=addressed(before.people, [] if facts is None else [one.lead_id for one in facts.people], version=now),
        patched=pieces,
    )
    folded = settled(row, after, version=version, say=lambda settled_row: _said(key, settled_row, version))
    bounds = ("deal_links",) if pieces is not None and crowded(before.patched, messages) else ()
    return Folded(folded.row, met(folded.effects, *bounds))


def _shown(key: str, report: DealFacts | None, pieces: Patched | None) -> DealFacts | None:
    """The deal as others shall know it."""
    facts = facts_of(key, report, pieces)
    return facts if facts is None or pieces is None else _bounded(facts)


def _said(key: str, row: Deal, version: Version) -> Effects:
    """The deal to whom it concerns, and nothing to whom it no longer does."""
    return Effects(
        signals=(*_standings(key, row, row.accounts, since=version), *wanted(key, row.patched, as_of=row.as_of)),
        touches=_standings(key, row, row.people, since=version),
    )


def _standings(deal_id: str, row: Deal, told: Told, *, since: Version) -> tuple[DealStanding, ...]:
    facts = _shown(deal_id, row.deal, row.patched)
    standing = [
        DealStanding(to=to, deal_id=deal_id, version=row.version, as_of=row.as_of, deal=facts)
        for to, withdrawn in told.items()
        if withdrawn is None
    ]
    withdrawn = [
        DealStanding(to=to, deal_id=deal_id, version=told[to] or row.version, as_of=row.as_of, deal=None)
        for to in to_withdraw(told, version=since)
    ]
    return (*standing, *withdrawn)


def _freshness(deal: DealFacts) -> tuple[int, bytes]:
    return deal.reported_at, json.encode(deal)


def _bounded(deal: DealFacts) -> DealFacts:
    """Its people once each, at most 64, in one order."""
    people: dict[str, DealPerson] = {}
    for person in sorted(deal.people, key=lambda one: (one.lead_id, one.email, one.name)):
        people.setdefault(person.lead_id, person)
    return replace(deal, people=tuple(people.values())[:MAX_PEOPLE])
