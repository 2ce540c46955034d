"""Lost deals that were taken up again, as the recall of alerts is made of them. Times are UTC milliseconds.

Noted when it is seen, with what is known then: the CRM opens the same deal again, or one that follows it. Only the
account where that deal stands notes it, whoever else knows it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from schemas.cards import Reopening
from schemas.deals import DealFacts
from streams.core.account.row import Account
from streams.core.days import DAY_MS
from streams.core.parts import live
from streams.core.returns.doings import counted
from streams.core.returns.strength import lost_at
from streams.core.rules import Rules

__all__ = ["with_reopenings"]

MAX_REOPENINGS: Final = 16


def with_reopenings(key: str, before: Account, after: Account, *, rules: Rules) -> Account:
    """This account's row after some messages, with the lost deals that these take up again; the 16 newest are kept."""
    if after.deals is before.deals:
        return after
    was, now = live(before.deals), live(after.deals)
    found = {lost.deal_id: lost for lost in _taken_up(key, was, now)}
    if not found:
        return after
    more = [_noted(lost, after, rules=rules) for lost in found.values()]
    kept = sorted({*after.reopenings, *more}, key=lambda one: (one.at, one.deal_id), reverse=True)
    return replace(after, reopenings=tuple(kept[:MAX_REOPENINGS]))


def _taken_up(key: str, was: Mapping[str, DealFacts], now: Mapping[str, DealFacts]) -> Iterator[DealFacts]:
    """Deals that were lost, and are not any more, or have a follower that is new."""
    for deal_id, deal in now.items():
        if deal.status == "lost" or deal.account_id != key:
            continue
        earlier = was.get(deal_id)
        if earlier is not None and earlier.status == "lost":
            yield earlier
        followed = now.get(deal.follows_deal_id or "")
        is_new = earlier is None or earlier.follows_deal_id != deal.follows_deal_id
        if followed is not None and followed.status == "lost" and is_new:
            yield followed


def _noted(lost: DealFacts, row: Account, *, rules: Rules) -> Reopening:
    begins = row.as_of - rules.returns.recall_days * DAY_MS
    since = max(begins, lost_at(lost) + rules.returns.quiet_days * DAY_MS)
    found = counted(live(row.members), lost, since=since, day_of=rules.site.day_of)
    alerted = any(one.deal_id == lost.deal_id and one.raised_at >= begins for one in row.episodes)
    # An alert that was claimed or closed before the account's domain was known is told of by the deal alone.
    alerted = alerted or (lost.reset_at or 0) >= begins
    return Reopening(deal_id=lost.deal_id, at=row.as_of, visited=bool(found.leads), alerted=alerted)
