"""Rules tried on the rows that are kept now: two against each other, or one by itself. Nothing moves by it."""

from collections import Counter
from typing import Any

from streams.core.account.row import Account
from streams.core.backtest.comparison import Comparing, Comparison
from streams.core.flow.crossings import Crossings, Reach, counted_at, reach_of, thresholds
from streams.core.flow.overdue import Overdue, overdue_at
from streams.core.lead.row import Lead
from streams.core.rules import Rules
from streams.replay.kept_rows import KeptRows, Told

__all__ = ["compared", "crossings_in", "overdue_in"]


def compared(rows: KeptRows, before: Rules, after: Rules, *, now: int, told: Told) -> Comparison:
    """A against B over all leads and accounts, as of `now` (UTC milliseconds). Raises WindowShut."""
    found = Comparing(before, after, now=now)
    for key, row in rows.of("leads", told=told):
        _taken(found, key, row)
    for key, row in rows.of("accounts", told=told):
        _taken(found, key, row)
    return found.comparison()


def crossings_in(rows: KeptRows, rules: Rules, *, now: int, told: Told) -> Crossings:
    """Of all leads, at each candidate threshold and around the one of now. Raises WindowShut."""
    asked = thresholds(rules.stages.qualified.total)
    reaches = [
        reach_of(key, row, now=now, rules=rules, lowest=asked[0]) if isinstance(row, Lead) else Reach()
        for key, row in rows.of("leads", told=told)
    ]
    return counted_at(reaches, asked)


def overdue_in(rows: KeptRows, rules: Rules, *, now: int, told: Told) -> Overdue:
    """How many leads are overdue now, by stage and labels. Raises WindowShut."""
    late = (
        overdue_at(key, row, now=now, rules=rules) for key, row in rows.of("leads", told=told) if isinstance(row, Lead)
    )
    return Counter(one for one in late if one is not None)


def _taken(found: Comparing, key: str, row: Any) -> None:
    """Deals and contacts lie in the accounts' table too: what they say is in their accounts."""
    if row is None:
        found.unreadable()
    elif isinstance(row, Lead):
        found.lead(key, row)
    elif isinstance(row, Account):
        found.account(key, row)
