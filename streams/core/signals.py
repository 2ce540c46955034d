"""The inbox `signals` holds messages to two kinds of rows: accounts, and deals, whose keys say so."""

from collections.abc import Sequence
from typing import TypeAlias

from schemas.activity import Version
from schemas.ids import is_deal
from schemas.signals import AlertAction, Signal
from streams.core import account, deal
from streams.core.account_row import Account
from streams.core.deal import Deal
from streams.core.effects import Folded
from streams.core.errors import UnknownRow
from streams.core.rules import Rules

__all__ = ["SignalRow", "fold_signals"]

SignalRow: TypeAlias = Account | Deal


def fold_signals(
    key: str, row: SignalRow | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[SignalRow]:
    """The account or the deal after these signals. Raises UnknownRow before anything changes."""
    if is_deal(key):
        if any(isinstance(message, AlertAction) for message in messages):
            raise UnknownRow(f"{key} is a deal, and alerts belong to accounts")
        held = row if isinstance(row, Deal) else None
        folded = deal.fold(key, held, messages, version=version, rules=rules)
        return Folded(folded.row, folded.effects)
    found = account.fold(key, row if isinstance(row, Account) else None, messages, version=version, rules=rules)
    return Folded(found.row, found.effects)
