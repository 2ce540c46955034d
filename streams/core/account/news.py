"""What is new at an account, of that which returns are made of: visits, requests, clicks, deals. Times in UTC ms.

A score that fades is no news, nor what went away, nor what new rules see in visits that were known before. What came to
a row while it forwarded was told there by nobody: it is news when a record makes the row itself again.
"""

from collections.abc import Hashable, Iterator

from schemas.signals import Member
from streams.core.account.row import Account
from streams.core.parts import Part, live

__all__ = ["news_at"]


def news_at(before: Account, after: Account) -> int | None:
    """When the freshest new thing happened, None where nothing did. A deal is news when it is told."""
    ats: list[int] = []
    for held, now in ((before.members, after.members), (before.networks, after.networks)):
        if now is not held:
            ats += [at for was, is_now in _changed(held, now) for at in _new(was, is_now)]
    if after.deals is not before.deals and live(after.deals) != live(before.deals):
        ats.append(after.as_of)
    if _is_itself_again(before, after):
        ats.append(after.as_of)
    return max(ats, default=None)


def _is_itself_again(before: Account, after: Account) -> bool:
    """Whether a record took back which account this is; new rules alone are no news."""
    forwarded = before.forward is not None and before.forward.domain != ""
    forwards = after.forward is not None and after.forward.domain != ""
    return forwarded and not forwards and after.records != before.records


def _changed(
    held: dict[str, Part[Member]], now: dict[str, Part[Member]]
) -> Iterator[tuple[Member | None, Member]]:
    """Everybody who stands for the account otherwise than before: as it was, and as it is."""
    for who, part in now.items():
        was = held.get(who)
        if part is not was and part.body is not None:
            yield None if was is None else was.body, part.body


def _new(held: Member | None, now: Member) -> Iterator[int]:
    """Times of what was not there before; under other rules only of what is younger than all of that."""
    if held is now:
        return
    known = {} if held is None else _evidence(held)
    latest = max(known.values(), default=0) if held is not None and held.rules_version != now.rules_version else 0
    yield from (at for what, at in _evidence(now).items() if what not in known and at > latest)


def _evidence(one: Member) -> dict[Hashable, int]:
    """All that may count of somebody, with its times; nothing of who is left out anyway."""
    if one.dead_end or one.silenced:
        return {}
    found: dict[Hashable, int] = {day: day.at for day in one.days}
    for at in one.intents:
        found["intent", at] = at
    for tag, at in one.answers.items():
        found[tag, at] = at
    for asked in one.requests:
        found[asked] = asked.at
    return found if one.clicked_at is None else found | {("click", one.clicked_at): one.clicked_at}
