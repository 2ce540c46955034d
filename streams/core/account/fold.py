"""An account's fold: its people and deals, how engaged it is together, and whether a lost deal has come back."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.activity import Version
from schemas.signals import AlertAction, PersonErased, Signal
from streams.core.account.card import account_name, card_of
from streams.core.account.erased import without_erased
from streams.core.account.forward import forwarded, forwards_of
from streams.core.account.heard import bounds_met, heard_by
from streams.core.account.news import news_at
from streams.core.account.row import Account
from streams.core.account.view import AccountView, view_of
from streams.core.alert.actions import acted
from streams.core.alert.episodes import raised, wakes_at
from streams.core.alert.orders import orders_of
from streams.core.alert.outlook import looked_ahead, outlooks_of
from streams.core.alert.posts import posts_of, updates_of
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.folding import met, newer, settled
from streams.core.returns.reopenings import with_reopenings
from streams.core.rules import Rules

__all__ = ["Account", "fold"]


def fold(
    key: str, row: Account | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[Account]:
    """The account after these signals. Raises UnknownRow, UnknownDecision and InsideHold before anything changes."""
    before = row or Account(version, as_of=0)
    actions = [message for message in messages if isinstance(message, AlertAction)]
    again = version < before.version  # what was refused then must not move the time now
    heard = heard_by(before, [one for one in messages if not (again and isinstance(one, AlertAction))], rules)
    now = newer(before.version, version)
    heard = without_erased(heard, version=now, rules=rules)
    if actions:
        heard = acted(heard, actions, view_of(key, heard, rules), version=version, rules=rules)
    heard = forwarded(key, heard, version=now, rules=rules)
    bounds = bounds_met(before, messages, heard)
    same_rules = row is None or row.rules_version == rules.version
    if row is not None and heard == row and same_rules:
        return Folded(row, met(_again(key, row, messages, version=version, rules=rules), *bounds))
    heard = with_reopenings(key, before, heard, rules=rules)
    news = news_at(before, heard)
    former = None if news is not None or same_rules else before.as_of
    after, view = raised(key, heard, news_at=news, former=former, version=now, rules=rules)
    after = looked_ahead(after, view, version=now, rules=rules)
    after = replace(after, wake_at=wakes_at(after, rules), rules_version=rules.version)
    row_after, effects = settled(
        row, after, version=version, say=lambda settled_row: _said(key, settled_row, view, since=version, rules=rules)
    )
    return Folded(row_after, met(effects, *bounds))


def _again(key: str, row: Account, messages: Sequence[Signal], *, version: Version, rules: Rules) -> Effects:
    """What messages that change nothing say: nothing if they are new, else what they said when they came first.

    They decide nothing, for they would decide otherwise where these rules took the row over and told nobody. Who is
    erased is the exception: new or not, the account's cards without them are said once more, as the last word.
    """
    if version <= row.version:
        return _said(key, row, view_of(key, row, rules), since=version, rules=rules)
    erases = any(isinstance(one, PersonErased) for one in messages)
    return _without_them(key, row, rules) if erases else NOTHING


def _without_them(key: str, row: Account, rules: Rules) -> Effects:
    """Its cards without those who were erased, whatever came late in between."""
    return Effects(
        accounts=(card_of(key, row, view_of(key, row, rules), rules=rules),),
        alerts=tuple(one.card for one in row.episodes if one.scrubbed_by is not None),
    )


def _said(key: str, row: Account, view: AccountView, *, since: Version, rules: Rules) -> Effects:
    """Its card, whom it forwards to; alerts, posts, orders to leads that a message of version `since` or later made."""
    return Effects(
        signals=forwards_of(key, row, since=since),
        accounts=(card_of(key, row, view, rules=rules),),
        alerts=tuple(one.card for one in row.episodes if one.card.version >= since),
        posts=(
            *posts_of(row, since=since),
            *updates_of(row, since=since),
            *outlooks_of(key, row, name=account_name(key, view), since=since),
        ),
        touches=orders_of(row, since=since),
    )
