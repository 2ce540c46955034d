"""An account's fold: its people and deals, how engaged it is together, and whether a lost deal has come back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import CompanyRecord, DealFacts, DealReport, DealStanding
from schemas.signals import AccountForward, AlertAction, Intent, LeadStanding, Member, NetworkStanding, Signal
from schemas.touches import Tick
from streams.core.account_card import account_name, card_of
from streams.core.account_row import Account
from streams.core.account_view import AccountView
from streams.core.alert_actions import acted
from streams.core.alerts import posts_of, raised, updates_of, wakes_at
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.known_deals import freshest_deals
from streams.core.outlook import looked_ahead, outlooks_of
from streams.core.parts import Part, newest
from streams.core.rules import Rules

__all__ = ["Account", "fold"]

MAX_MEMBERS: Final = 64
MAX_WITHDRAWN: Final = 64
MAX_DEALS: Final = 64


def fold(
    key: str, row: Account | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[Account]:
    """The account after these signals. Raises UnknownRow before anything changes."""
    before = row or Account(version, as_of=0)
    heard = _heard(before, messages)
    actions = [message for message in messages if isinstance(message, AlertAction)]
    now = newer(before.version, version)
    if actions:
        heard = acted(heard, actions, version=now)
    bounds = ("members",) if _pushed_out(before, messages, heard) else ()
    if row is not None and heard == row and version > row.version:
        return Folded(row, met(NOTHING, *bounds))
    after, view = raised(key, heard, news=_is_news(before, heard), version=now, rules=rules)
    after = looked_ahead(after, view, version=now, rules=rules)
    after = replace(after, wake_at=wakes_at(after, rules.returns))
    row_after, effects = settled(
        row, after, version=version, say=lambda settled_row: _said(key, settled_row, view, since=version, rules=rules)
    )
    return Folded(row_after, met(effects, *bounds))


def _pushed_out(before: Account, messages: Iterable[Signal], after: Account) -> bool:
    """Whether somebody who stands for this account found no place among the 64."""
    held = {lead_id for lead_id, part in before.members.items() if part.body is not None}
    told = {one.lead_id for one in messages if isinstance(one, LeadStanding) and one.member is not None}
    return not (held | told) <= after.members.keys()


def _heard(row: Account, messages: Iterable[Signal]) -> Account:
    """The row with what came: the newest of each source, the greatest time."""
    members: list[tuple[str, Part[Member]]] = []
    deals: list[tuple[str, Part[DealFacts]]] = []
    as_of = row.as_of
    for message in messages:
        match message:
            case LeadStanding():
                members.append((message.lead_id, Part(message.version, message.as_of, message.member)))
                as_of = max(as_of, message.as_of)
            case DealStanding():
                deals.append((message.deal_id, Part(message.version, message.as_of, message.deal)))
                as_of = max(as_of, message.as_of)
            case AlertAction() | Tick():
                as_of = max(as_of, message.at)
            case NetworkStanding() | AccountForward() | CompanyRecord() | Intent():
                pass
            case DealReport():
                pass  # belongs to a deal's row
    return replace(
        row,
        as_of=as_of,
        members=_bounded_members(newest(row.members, members)) if members else row.members,
        deals=freshest_deals(newest(row.deals, deals), most=MAX_DEALS) if deals else row.deals,
    )


def _is_news(before: Account, after: Account) -> bool:
    """Whether something happened that returns are made of: visits, requests, deals. A score that fades is no news."""
    if after.deals is not before.deals and after.deals != before.deals:
        return True
    return after.members is not before.members and _evidence(after.members) != _evidence(before.members)


def _evidence(members: Mapping[str, Part[Member]]) -> dict[str, object]:
    return {
        lead_id: (one.dead_end, one.days, one.intents, one.answers, one.requests)
        for lead_id, part in members.items()
        if (one := part.body) is not None
    }


def _said(key: str, row: Account, view: AccountView, *, since: Version, rules: Rules) -> Effects:
    """Its card; alerts and posts that a message of version `since` or a later one made."""
    return Effects(
        accounts=(card_of(key, row, view, rules=rules),),
        alerts=tuple(one.card for one in row.episodes if one.card.version >= since),
        posts=(
            *posts_of(row, since=since),
            *updates_of(row, since=since),
            *outlooks_of(key, row, name=account_name(key, view), since=since),
        ),
    )


def _bounded_members(members: dict[str, Part[Member]]) -> dict[str, Part[Member]]:
    """The 64 most recently active, and of those that withdrew the 64 newest."""
    standing = [lead_id for lead_id, part in members.items() if part.body is not None]
    gone = [lead_id for lead_id, part in members.items() if part.body is None]
    if len(standing) <= MAX_MEMBERS and len(gone) <= MAX_WITHDRAWN:
        return members
    standing.sort(key=lambda lead_id: (_active_at(members[lead_id].body), lead_id), reverse=True)
    gone.sort(key=lambda lead_id: (members[lead_id].version, lead_id), reverse=True)
    return {lead_id: members[lead_id] for lead_id in sorted(standing[:MAX_MEMBERS] + gone[:MAX_WITHDRAWN])}


def _active_at(member: Member | None) -> int:
    return 0 if member is None else max((day.at for day in member.days), default=0)
