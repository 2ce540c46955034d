"""Whether something happened that returns are made of: visits, requests, deals. Nothing else raises an alert.

A score that fades is no news, nor what is older than a week (imports of the past), nor what new rules see in visits
that were known before. Times are UTC milliseconds.
"""

from collections.abc import Iterator
from typing import Final

from schemas.signals import Member
from streams.core.account_row import Account
from streams.core.days import DAY_MS
from streams.core.parts import live

__all__ = ["is_news"]

NEWS_MS: Final = 7 * DAY_MS  # as late as a browser's events may come


def is_news(before: Account, after: Account) -> bool:
    """Whether `after` heard of something that may open or raise an alert."""
    if after.members is before.members and after.networks is before.networks and after.deals is before.deals:
        return False
    members = _who(after)
    if after.deals is before.deals or live(after.deals) == live(before.deals):
        held = _who(before)
        members = {who: one for who, one in members.items() if _brings(held.get(who), one)}
    since = after.as_of - NEWS_MS
    return any(_freshest_at(member) >= since for member in members.values())


def _who(row: Account) -> dict[str, Member]:
    """Everybody who stands for the account: its people, and visitors of its networks."""
    return live(row.members) | {f"network:{visitor}": one for visitor, one in live(row.networks).items()}


def _brings(held: Member | None, now: Member) -> bool:
    """Whether a standing says more than the one before; under other rules only what is younger than all of that."""
    if held is None or held.rules_version == now.rules_version:
        return held is None or _evidence(held) != _evidence(now)
    return _freshest_at(now) > _freshest_at(held)


def _evidence(one: Member) -> object:
    return one.dead_end, one.days, one.intents, one.answers, one.requests, one.clicked_at


def _freshest_at(one: Member) -> int:
    return max(_ats(one), default=0)


def _ats(one: Member) -> Iterator[int]:
    yield from (day.at for day in one.days)
    yield from one.intents
    yield from one.answers.values()
    yield from (asked.at for asked in one.requests)
    if one.clicked_at is not None:
        yield one.clicked_at
