"""A deal's row: the CRM's newest report of it, told to its account and to its people, withdrawn from former ones."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct, json
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.signals import Signal
from streams.core.effects import Effects, Folded
from streams.core.folding import newer, settled
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


def fold(key: str, row: Deal | None, messages: Sequence[Signal], *, version: Version, rules: Rules) -> Folded[Deal]:
    """The deal after these reports: the greatest `reported_at` wins, ties by value. Other messages are passed over."""
    del rules
    reports = [message for message in messages if isinstance(message, DealReport)]
    before = row or Deal(version, as_of=0)
    deals = [_bounded(report.deal) for report in reports] + ([] if before.deal is None else [before.deal])
    deal = max(deals, key=_freshness, default=None)
    now = newer(before.version, version)
    after = replace(
        before,
        as_of=max(before.as_of, *(report.received_at for report in reports), 0),
        deal=deal,
        accounts=addressed(before.accounts, [] if deal is None else [deal.account_id], version=now),
        people=addressed(before.people, [] if deal is None else [one.lead_id for one in deal.people], version=now),
    )
    return settled(row, after, version=version, say=lambda settled_row: _said(key, settled_row, version))


def _said(key: str, row: Deal, version: Version) -> Effects:
    """The deal to whom it concerns, and nothing to whom it no longer does."""
    return Effects(
        signals=_standings(key, row, row.accounts, since=version),
        touches=_standings(key, row, row.people, since=version),
    )


def _standings(deal_id: str, row: Deal, told: Told, *, since: Version) -> tuple[DealStanding, ...]:
    standing = [
        DealStanding(to=to, deal_id=deal_id, version=row.version, as_of=row.as_of, deal=row.deal)
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
