"""The inbox `signals` holds messages to three kinds of rows: accounts, and deals and contacts, whose keys say so."""

from collections.abc import Sequence
from typing import TypeAlias

from schemas.activity import Version
from schemas.ids import is_contact, is_deal
from schemas.signals import AlertAction, Signal
from streams.core.account import fold as account
from streams.core.account.row import Account
from streams.core.deal import contact
from streams.core.deal import fold as deal
from streams.core.deal.contact import Contact
from streams.core.deal.fold import Deal
from streams.core.effects import Folded
from streams.core.errors import UnknownRow
from streams.core.rules import Rules

__all__ = ["SignalRow", "fold_signals"]

SignalRow: TypeAlias = Account | Deal | Contact


def fold_signals(
    key: str, row: SignalRow | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[SignalRow]:
    """The account, the deal or the contact after these signals. Raises UnknownRow before anything changes."""
    if (is_deal(key) or is_contact(key)) and any(isinstance(message, AlertAction) for message in messages):
        raise UnknownRow(f"{key} is no account, and alerts belong to accounts")
    if is_contact(key):
        known = contact.fold(
            key, row if isinstance(row, Contact) else None, messages, version=version, rules=rules
        )
        return Folded(known.row, known.effects)
    if is_deal(key):
        held = row if isinstance(row, Deal) else None
        folded = deal.fold(key, held, messages, version=version, rules=rules)
        return Folded(folded.row, folded.effects)
    found = account.fold(key, row if isinstance(row, Account) else None, messages, version=version, rules=rules)
    return Folded(found.row, found.effects)
