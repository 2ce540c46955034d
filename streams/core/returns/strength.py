"""How strongly a lost deal's account is back: the return strength R and its lines (times in UTC milliseconds).

A candidate has a lost deal, none open and none won, is nobody's customer or set aside, and 14 days have passed since
the loss: the tail of the old talks is no return. Everything counts that is younger than the window, than that quiet
time, and than the last claimed or closed alert of this deal.
"""

from collections.abc import Collection, Sequence
from typing import Final

from schemas.cards import AlertLevel, ReturnLine, ReturnStrength
from schemas.deals import DealFacts
from streams.core.days import DAY_MS
from streams.core.returns.doings import Counted
from streams.core.rulebook.returns_rules import ReturnsRules, SignalName

__all__ = [
    "CUSTOMER", "EXCLUDED", "OPEN_DEAL", "candidate", "counted_from", "decisive", "level_of", "lost_at", "strength",
]  # fmt: skip

NO_LOST_DEAL: Final = "no lost deal"
OPEN_DEAL: Final = "open deal"
CUSTOMER: Final = "customer"
EXCLUDED: Final = "set aside"
QUIET: Final = "lost too recently"


def lost_at(deal: DealFacts) -> int:
    """When it was lost: what the CRM says, else when it reported so."""
    return deal.reported_at if deal.lost_at is None else deal.lost_at


def decisive(deals: Collection[DealFacts]) -> DealFacts | None:
    """The freshest lost deal; ties by the greater amount, then by id."""
    lost = [deal for deal in deals if deal.status == "lost"] if deals else []
    return max(lost, key=lambda deal: (lost_at(deal), deal.amount or 0.0, deal.deal_id), default=None)


def candidate(
    deals: Sequence[DealFacts], *, as_of: int, rules: ReturnsRules, customer: bool = False, excluded: bool = False
) -> str:
    """Why no return is watched for; "" = it is.

    `customer`: the CRM marks the company as one. `excluded`: of our own, or of a competitor.
    """
    deal = decisive(deals)
    if excluded:
        return EXCLUDED
    if customer or any(one.status == "won" for one in deals):
        return CUSTOMER
    if any(one.status == "open" for one in deals):
        return OPEN_DEAL
    if deal is None:
        return NO_LOST_DEAL
    return QUIET if as_of - lost_at(deal) < rules.quiet_days * DAY_MS else ""


def counted_from(deal: DealFacts, *, as_of: int, reset_at: int | None, rules: ReturnsRules) -> int:
    """Only what is younger than this counts."""
    window, quiet = as_of - rules.window_days * DAY_MS, lost_at(deal) + rules.quiet_days * DAY_MS
    return max(window, quiet) if reset_at is None else max(window, quiet, reset_at)


def strength(found: Counted, deal: DealFacts, *, as_of: int, since: int, rules: ReturnsRules) -> ReturnStrength:
    """R with its lines, and the level that it is worth: a request is real-time whatever R is."""
    people = found.deal_people + found.other_people
    counts: dict[SignalName, int] = {
        "deal_person": found.deal_people,
        "other_person": found.other_people,
        "more_people": max(people - 1, 0),
        "intent_day": found.intent_days,
        "answer_page": found.answers,
        "more_days": max(found.active_days - 1, 0),
        "mail_click": found.mail_clicks,
        "network": found.networks,
    }
    lines = tuple(
        ReturnLine(
            signal=signal.name,
            label=signal.label,
            count=counts[signal.name],
            strength=min(counts[signal.name] * signal.each, signal.most),
            most=signal.most,
        )
        for signal in rules.signal
        if counts[signal.name]
    )
    halved = found.page_days > 0 and 2 * found.careers_days >= found.page_days
    total = sum(line.strength for line in lines)
    total = total // 2 if halved else total
    level = level_of(total, deal, as_of=as_of, known=people > 0, rules=rules)
    return ReturnStrength(
        strength=total,
        lines=lines,
        halved=halved,
        counted_from=since,
        level="real_time" if found.requests else level,
        digest_from=rules.digest_from,
        real_time_from=rules.real_time_from,
    )


def level_of(total: int, deal: DealFacts, *, as_of: int, known: bool, rules: ReturnsRules) -> AlertLevel | None:
    """What so much R is worth; None: below the digest.

    Without a known lead, and for a deal lost very long ago, digest at most.
    """
    if total < rules.digest_from:
        return None
    old = as_of - lost_at(deal) > rules.old_after_days * DAY_MS
    return "real_time" if total >= rules.real_time_from and known and not old else "digest"
