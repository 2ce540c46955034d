"""What an alert tells a salesperson: who is back, what they look at, why the deal was lost, what to do next."""

from typing import Final

from msgspec.structs import replace

from schemas.activity import PageSeen, Version
from schemas.cards import AlertCard, AlertLevel, ReturnStrength
from schemas.deals import DealFacts
from schemas.ids import alert_id_of
from streams.core.account.card import account_name
from streams.core.account.row import Account
from streams.core.account.view import AccountView, member_cards
from streams.core.alert.words import talking_point
from streams.core.days import DAY_MS, HOUR_MS
from streams.core.returns.strength import decisive, lost_at
from streams.core.rules import Rules

__all__ = ["alert_card", "as_told", "is_same"]

MAX_PEOPLE: Final = 10
MAX_PAGES: Final = 12


def alert_card(
    key: str, row: Account, view: AccountView, *, deal: DealFacts, strength: ReturnStrength, episode: int,
    level: AlertLevel, version: Version, rules: Rules,
) -> AlertCard:  # fmt: skip
    """The alert of an episode that opens now: the facts. Who hears of it, and what to do now, is added to them."""
    counted = view.counted
    concerned = {*counted.leads, *counted.requests}
    people = tuple(card for card in member_cards(row, view, rules) if card.lead_id in concerned)
    return AlertCard(
        alert_id=alert_id_of(deal.deal_id, episode),
        version=version,
        as_of=row.as_of,
        rules_version=rules.version,
        account_id=key,
        account_name=account_name(key, view),
        episode=episode,
        level=level,
        status="open",
        raised_at=row.as_of,
        real_time_at=row.as_of if level == "real_time" else None,
        updates=0,
        strength=strength,
        fast_pass=bool(counted.requests),
        deal=deal,
        other_deals=_other_deals(view, deal),
        people=people[:MAX_PEOPLE],
        pages=_pages(view, concerned, since=strength.counted_from),
        back_after_days=_back_after_days(row, view, deal, rules=rules),
        next_act="",
        hold_until=None,
        human=counted.human,
        recipient=None,
        talking_point=talking_point([view.members[one.lead_id] for one in people], rules),
        provoked=_is_provoked(view, rules),
    )


def as_told(fresh: AlertCard, before: AlertCard, *, real_time_at: int | None) -> AlertCard:
    """An episode's card with what is new; how it began stays. `updates` counts changes of R and of the people."""
    told: AlertCard = replace(fresh, fast_pass=fresh.fast_pass or before.fast_pass)
    changed = _weight(told) != _weight(before)
    return replace(
        told,
        raised_at=before.raised_at,
        back_after_days=before.back_after_days,
        provoked=before.provoked,
        recipient=before.recipient,
        real_time_at=real_time_at,
        status=before.status,
        updates=before.updates + changed,
        claimed_by=before.claimed_by,
        claimed_at=before.claimed_at,
        snoozed_until=before.snoozed_until,
        due_at=before.due_at,
    )


def is_same(one: AlertCard, other: AlertCard) -> bool:
    """Whether two cards say the same: when they were made, and where the window began, is no news."""
    strength = replace(other.strength, counted_from=one.strength.counted_from)
    return replace(other, version=one.version, as_of=one.as_of, strength=strength) == one


def _weight(card: AlertCard) -> tuple[int, bool, frozenset[str]]:
    return card.strength.strength, card.fast_pass, frozenset(person.lead_id for person in card.people)


def _other_deals(view: AccountView, deal: DealFacts) -> tuple[str, ...]:
    """The other lost deals, freshest first."""
    rest = [one for one in view.deals if one.status == "lost" and one.deal_id != deal.deal_id]
    ordered: list[str] = []
    while (freshest := decisive(rest)) is not None:
        ordered.append(freshest.deal_id)
        rest = [one for one in rest if one.deal_id != freshest.deal_id]
    return tuple(ordered)


def _pages(view: AccountView, concerned: set[str], *, since: int) -> tuple[PageSeen, ...]:
    """What these people looked at, freshest first."""
    found = {page.hit_id: page for lead_id in concerned for page in view.members[lead_id].pages if page.at > since}
    return tuple(sorted(found.values(), key=lambda page: (page.at, page.hit_id), reverse=True)[:MAX_PAGES])


def _back_after_days(row: Account, view: AccountView, deal: DealFacts, *, rules: Rules) -> int | None:
    """Days between the first counted visit and the last active day before the window, else the loss."""
    begins = view.counted.first_at
    if not begins:
        return None
    window = max(row.as_of - rules.returns.window_days * DAY_MS, lost_at(deal) + rules.returns.quiet_days * DAY_MS)
    earlier = [day.at for one in view.members.values() for day in one.days if day.active and day.at <= window]
    return max((begins - max(earlier, default=lost_at(deal))) // DAY_MS, 0)


def _is_provoked(view: AccountView, rules: Rules) -> bool:
    """Whether it began soon after a mail of ours to somebody of this account."""
    begins, within = view.counted.first_at, rules.returns.provoked_hours * HOUR_MS
    mailed = (one.mailed_at for one in view.members.values())
    return any(at is not None and 0 <= begins - at <= within for at in mailed)
