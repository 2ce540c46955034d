"""An account's fold: its people and deals, how engaged it is together, and whether a lost deal has come back."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from schemas.activity import Version
from schemas.signals import AlertAction, Member, Signal
from streams.core.account_card import account_name, card_of
from streams.core.account_forward import forwarded, forwards_of
from streams.core.account_heard import bounds_met, heard_by
from streams.core.account_row import Account
from streams.core.account_view import AccountView
from streams.core.alert_actions import acted
from streams.core.alerts import posts_of, raised, updates_of, wakes_at
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.outlook import looked_ahead, outlooks_of
from streams.core.parts import Part
from streams.core.rules import Rules

__all__ = ["Account", "fold"]


def fold(
    key: str, row: Account | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[Account]:
    """The account after these signals. Raises UnknownRow before anything changes."""
    before = row or Account(version, as_of=0)
    heard = heard_by(before, messages)
    actions = [message for message in messages if isinstance(message, AlertAction)]
    now = newer(before.version, version)
    if actions:
        heard = acted(heard, actions, version=now)
    heard = forwarded(key, heard, version=now, rules=rules)
    bounds = bounds_met(before, messages, heard)
    if row is not None and heard == row and version > row.version:
        return Folded(row, met(NOTHING, *bounds))
    after, view = raised(key, heard, news=_is_news(before, heard), version=now, rules=rules)
    after = looked_ahead(after, view, version=now, rules=rules)
    after = replace(after, wake_at=wakes_at(after, rules.returns))
    row_after, effects = settled(
        row, after, version=version, say=lambda settled_row: _said(key, settled_row, view, since=version, rules=rules)
    )
    return Folded(row_after, met(effects, *bounds))


def _is_news(before: Account, after: Account) -> bool:
    """Whether something happened that returns are made of: visits, requests, deals. A score that fades is no news."""
    if after.deals is not before.deals and after.deals != before.deals:
        return True
    return _differ(before.members, after.members) or _differ(before.networks, after.networks)


def _differ(before: Mapping[str, Part[Member]], after: Mapping[str, Part[Member]]) -> bool:
    return after is not before and _evidence(after) != _evidence(before)


def _evidence(members: Mapping[str, Part[Member]]) -> dict[str, object]:
    return {
        lead_id: (one.dead_end, one.days, one.intents, one.answers, one.requests)
        for lead_id, part in members.items()
        if (one := part.body) is not None
    }


def _said(key: str, row: Account, view: AccountView, *, since: Version, rules: Rules) -> Effects:
    """Its card, whom it forwards to; alerts and posts that a message of version `since` or a later one made."""
    return Effects(
        signals=forwards_of(key, row, since=since),
        accounts=(card_of(key, row, view, rules=rules),),
        alerts=tuple(one.card for one in row.episodes if one.card.version >= since),
        posts=(
            *posts_of(row, since=since),
            *updates_of(row, since=since),
            *outlooks_of(key, row, name=account_name(key, view), since=since),
        ),
    )
