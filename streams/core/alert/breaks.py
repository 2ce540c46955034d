"""The cool-down of an account, and what breaks through it: a new person, a request, an answer page; once each."""

from typing import Final

from msgspec.structs import replace

from streams.core.account.row import Account
from streams.core.account.view import AccountView
from streams.core.days import HOUR_MS
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["announced", "is_silent", "unannounced"]

MAX_ANNOUNCED: Final = 256  # more than the kinds of all members


def is_silent(row: Account, view: AccountView, rules: ReturnsRules) -> bool:
    """Within the cool-down of the last real-time announcement, with nothing in it that was not announced."""
    if row.announced_at is None or row.as_of - row.announced_at >= rules.cool_down_hours * HOUR_MS:
        return False
    return not unannounced(row, view)


def unannounced(row: Account, view: AccountView) -> tuple[str, ...]:
    """What no real-time announcement of this account said yet, each by kind and person."""
    return tuple(one for one in _break_keys(view) if one not in row.announced)


def announced(row: Account, view: AccountView) -> Account:
    """The row, remembering what this announcement said."""
    said = row.announced | dict.fromkeys(_break_keys(view), row.as_of)
    kept = sorted(said, key=lambda one: (said[one], one), reverse=True)[:MAX_ANNOUNCED]
    return replace(row, announced_at=row.as_of, announced={one: said[one] for one in sorted(kept)})


def _break_keys(view: AccountView) -> list[str]:
    counted = view.counted
    kinds = {"answer": counted.answered, "person": counted.leads, "request": counted.requests}
    return [f"{kind}:{lead_id}" for kind, lead_ids in kinds.items() for lead_id in lead_ids]
