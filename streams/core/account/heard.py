"""What an account's row hears: the newest of each source, the greatest time; all within bounds."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from schemas.deals import CompanyRecord, DealFacts, DealStanding
from schemas.signals import (
    AccountForward,
    AlertAction,
    Intent,
    LeadStanding,
    Member,
    NetworkStanding,
    Signal,
)
from schemas.touches import Tick
from streams.core.account.companies import newest_intent, newest_records, record_key, with_absorbed
from streams.core.account.known_deals import freshest_deals
from streams.core.account.members import with_members, with_networks
from streams.core.account.row import Account, Held
from streams.core.deal.people import erased_by
from streams.core.parts import Part, newest
from streams.core.rules import Rules

__all__ = ["MAX_DEALS", "bounds_met", "heard_by"]

MAX_DEALS = 64
BOUNDED: Final = ("members", "networks", "deals", "absorbed", "records")


class _Told(Struct):
    """What came, by what it is about. `as_of`: the greatest time that was said."""

    members: list[tuple[str, Part[Member]]] = field(default_factory=list)
    networks: list[tuple[str, Part[Member]]] = field(default_factory=list)
    deals: list[tuple[str, Part[DealFacts]]] = field(default_factory=list)
    absorbed: list[tuple[str, Part[Held]]] = field(default_factory=list)
    records: list[CompanyRecord] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    as_of: int = 0


def heard_by(row: Account, messages: Iterable[Signal], rules: Rules) -> Account:
    """The row with what came."""
    told = _Told(as_of=row.as_of)
    for message in messages:
        told.as_of = max(told.as_of, _standing(told, message) or _word(told, message))
    row = with_members(replace(row, as_of=told.as_of), told.members, rules=rules)
    row = with_absorbed(with_networks(row, told.networks, rules=rules), told.absorbed)
    if told.deals:
        row = replace(row, deals=freshest_deals(newest(row.deals, told.deals), most=MAX_DEALS))
    if told.records:
        row = replace(row, records=newest_records([*row.records.values(), *told.records]))
    if told.intents:
        row = replace(row, intent=newest_intent([row.intent, *told.intents]))
    erased = erased_by(row.erased, messages)
    return row if erased is row.erased else replace(row, erased=erased)


def bounds_met(before: Account, messages: Iterable[Signal], after: Account) -> tuple[str, ...]:
    """Names of the bounds where something that stands for this account found no place."""
    told, lost = _told_of(messages), []
    for name in BOUNDED:  # of most nothing was told, and they are what they were
        was, now = getattr(before, name), getattr(after, name)
        if (name in told or was is not now) and _is_lost(told.get(name, set()), was, now):
            lost.append(name)
    return tuple(lost)


def _told_of(messages: Iterable[Signal]) -> dict[str, set[str]]:
    """What the messages say that stands for this account, by its bound."""
    told: dict[str, set[str]] = {}
    for one in messages:
        match one:
            case LeadStanding(member=Member()):
                told.setdefault("members", set()).add(one.lead_id)
            case NetworkStanding(member=Member()):
                told.setdefault("networks", set()).add(one.visitor_id)
            case DealStanding(deal=DealFacts()):
                told.setdefault("deals", set()).add(one.deal_id)
            case AccountForward() if one.domain:
                told.setdefault("absorbed", set()).add(one.account_id)
            case CompanyRecord():
                told.setdefault("records", set()).add(record_key(one))
            case _:
                pass
    return told


def _is_lost(told: set[str], before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether something that was told, or stood there before, is there no more."""
    if not told <= after.keys():
        return True
    if before is after or before.keys() <= after.keys():
        return False
    return any(getattr(before[who], "body", before[who]) is not None for who in before.keys() - after.keys())


def _standing(told: _Told, message: Signal) -> int:
    """Puts what another row stands for where it belongs; its time, 0 where the message is no standing."""
    match message:
        case LeadStanding():
            told.members.append((message.lead_id, Part(message.version, message.as_of, message.member)))
        case NetworkStanding():
            told.networks.append((message.visitor_id, Part(message.version, message.as_of, message.member)))
        case DealStanding():
            told.deals.append((message.deal_id, Part(message.version, message.as_of, message.deal)))
        case AccountForward():
            held = Held(message.records, message.intent) if message.domain else None
            told.absorbed.append((message.account_id, Part(message.version, message.as_of, held)))
        case _:
            return 0
    return message.as_of


def _word(told: _Told, message: Signal) -> int:
    """Puts what a CRM or a third party says where it belongs; its time. What belongs to a deal's row is passed over."""
    match message:
        case CompanyRecord():
            told.records.append(message)
            return message.received_at
        case Intent():
            told.intents.append(message)
            return message.at
        case AlertAction() | Tick():
            return message.at
        case _:
            return 0
