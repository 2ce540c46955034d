"""A deal's row: the CRM's newest report of it and what it said in pieces, told to its account and to its people.

Whom it no longer concerns hears that it was withdrawn.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from msgspec import Struct, json
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.ids import is_crm_account
from schemas.signals import PersonErased, Signal
from streams.core.deal.address import Address, account_of, address_at, named_by, settled_at, with_addresses
from streams.core.deal.lost_since import Mark, kept_marks, lost_since, marks_of
from streams.core.deal.patch import Patched, crowded, facts_of, heard_at, patched, wanted
from streams.core.deal.people import erased_by, facts_without, patched_without
from streams.core.effects import Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.parts import Part, Told, addressed, to_withdraw, withdrawn_at
from streams.core.rules import Rules

__all__ = ["Deal", "fold"]

MAX_PEOPLE: Final = 64


class Deal(Struct, frozen=True, array_like=True, tag="deal"):
    """One CRM opportunity. Times are UTC milliseconds.

    `deal` is the newest report as it came; `account_id` is where it stands, or stood last, by `addresses`; `moved`
    counts how often that changed since it was told as lost: before, no account can have had an alert of it.
    `withdrawn_at`: when it stopped concerning an account or somebody. `erased`: leads that are left out of its people.
    """

    rules_version: ClassVar[str] = ""
    version: Version
    as_of: int
    wake_at: int | None = None
    deal: DealFacts | None = None
    accounts: Told = {}
    people: Told = {}
    patched: Patched | None = None
    addresses: dict[str, Part[Address]] = {}
    marks: tuple[Mark, ...] = ()
    account_id: str = ""
    moved: int = 0
    was_lost: bool = False
    withdrawn_at: dict[str, int] = {}
    erased: tuple[str, ...] = ()


def fold(key: str, row: Deal | None, messages: Sequence[Signal], *, version: Version, rules: Rules) -> Folded[Deal]:
    """The deal after these reports: the greatest `reported_at` wins, ties by value. Other messages are passed over."""
    before = row or Deal(version, as_of=0)
    # Of reports of one time the greatest counts, and without somebody who is erased another one may be.
    again = bool(before.erased) and version < before.version
    heard = _heard(before, () if again else messages)
    after = _placed(heard, _shown(key, heard), version=newer(before.version, version), rules=rules)
    folded = settled(row, after, version=version, say=lambda settled_row: _said(key, settled_row, version))
    if any(isinstance(one, PersonErased) for one in messages):  # again: the accounts shall say their cards again
        folded = Folded(folded.row, _said(key, folded.row, version))
    return Folded(folded.row, met(folded.effects, *_bounds_met(before, messages)))


def _heard(row: Deal, messages: Sequence[Signal]) -> Deal:
    """The row with the newest report, the pieces, and what CRM ids turned out to be."""
    reports = [message for message in messages if isinstance(message, DealReport)]
    erased = erased_by(row.erased, messages)
    deals = [_bounded(report.deal) for report in reports] + ([] if row.deal is None else [row.deal])
    pieces = patched(row.patched, messages)
    if erased:
        deals, pieces = [facts_without(deal, erased) for deal in deals], patched_without(pieces, erased)
    times = [*(report.received_at for report in reports), *heard_at(messages), *address_at(messages)]
    marks = marks_of(messages)
    return replace(
        row,
        as_of=max([row.as_of, *times]),
        deal=max(deals, key=_freshness, default=None),
        patched=pieces,
        addresses=with_addresses(row.addresses, messages),
        marks=kept_marks([*row.marks, *marks]) if marks else row.marks,
        erased=erased,
    )


def _bounds_met(before: Deal, messages: Iterable[Signal]) -> tuple[str, ...]:
    """Bounds of its links and of its people that these messages went beyond."""
    said = [message.deal.people for message in messages if isinstance(message, DealReport)]
    people = any(len({person.lead_id for person in one}) > MAX_PEOPLE for one in said)
    links = crowded(before.patched, messages)
    return (*(("deal_links",) if links else ()), *(("people",) if people else ()))


def _shown(key: str, row: Deal) -> DealFacts | None:
    """The deal as its CRM says it, but for the time of its loss."""
    report = None if row.deal is None else replace(row.deal, lost_at=lost_since(row.deal, row.marks))
    facts = facts_of(key, report, row.patched)
    return facts if facts is None or row.patched is None else _bounded(facts)


def _placed(row: Deal, facts: DealFacts | None, *, version: Version, rules: Rules) -> Deal:
    """The row with whom it concerns. A deleted deal concerns nobody."""
    named = account_id = ""
    people: tuple[DealPerson, ...] = ()
    if facts is not None and facts.status != "deleted":
        named, people = named_by(facts.account_id, rules), facts.people
        account_id = account_of(named, row.addresses, rules)
    # The row of a CRM's id goes on hearing of its deals: it says where they belong.
    accounts = {account_id, named if is_crm_account(named) else ""} - {""}
    told_accounts = addressed(row.accounts, accounts, version=version)
    told_people = addressed(row.people, [one.lead_id for one in people], version=version)
    return replace(
        row,
        account_id=account_id or row.account_id,
        moved=row.moved + (row.was_lost and account_id not in ("", row.account_id)),
        was_lost=row.was_lost or (facts is not None and facts.status == "lost"),
        accounts=told_accounts,
        people=told_people,
        withdrawn_at=withdrawn_at(row.withdrawn_at, told_accounts, told_people, version=version, as_of=row.as_of),
    )


def _said(key: str, row: Deal, version: Version) -> Effects:
    """The deal to whom it concerns, and nothing to whom it no longer does."""
    shown = _shown(key, row)
    facts = shown and replace(shown, account_id=row.account_id)
    numbered = facts and replace(facts, moved=row.moved, reset_at=settled_at(row.account_id, row.addresses))
    accounts = _standings(key, row, row.accounts, facts=numbered, since=version)
    return Effects(
        signals=(
            *accounts,
            *wanted(key, row.patched, as_of=row.as_of),
            *(PersonErased(to=to, lead_id=lead_id) for to in row.accounts for lead_id in row.erased),
        ),
        touches=_standings(key, row, row.people, facts=facts, since=version),
    )


def _standings(
    deal_id: str, row: Deal, told: Told, *, facts: DealFacts | None, since: Version
) -> tuple[DealStanding, ...]:
    standing = [
        DealStanding(to=to, deal_id=deal_id, version=row.version, as_of=row.as_of, deal=facts)
        for to, withdrawn in told.items()
        if withdrawn is None
    ]
    withdrawn = [
        DealStanding(to=to, deal_id=deal_id, version=told[to] or row.version,
                     as_of=row.withdrawn_at.get(to, row.as_of), deal=None)
        for to in to_withdraw(told, version=since)
    ]  # fmt: skip
    return (*standing, *withdrawn)


def _freshness(deal: DealFacts) -> tuple[int, bytes]:
    return deal.reported_at, json.encode(deal)


def _bounded(deal: DealFacts) -> DealFacts:
    """Its people once each, at most 64, in one order; what only this row says is not the CRM's to say."""
    people: dict[str, DealPerson] = {}
    for person in sorted(deal.people, key=lambda one: (one.lead_id, one.email, one.name)):
        people.setdefault(person.lead_id, person)
    return replace(deal, people=tuple(people.values())[:MAX_PEOPLE], moved=0, reset_at=None)
