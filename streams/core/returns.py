"""How strongly a lost deal's account is back: the return strength R and its lines (times in UTC milliseconds).

A candidate has a lost deal, none open and none won, and 14 days have passed since the loss: the tail of the old talks
is no return. Everything counts that is younger than the window, than that quiet time, and than the last claimed or
closed alert of this deal.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from schemas.cards import AlertLevel, ReturnLine, ReturnStrength
from schemas.deals import DealFacts
from schemas.signals import Day, Member
from streams.core.days import DAY_MS, DayOf
from streams.core.returns_rules import ReturnsRules, SignalName

__all__ = [
    "CUSTOMER", "OPEN_DEAL", "Counted", "candidate", "counted", "counted_from", "decisive", "lost_at", "strength",
]  # fmt: skip

NO_LOST_DEAL: Final = "no lost deal"
OPEN_DEAL: Final = "open deal"
CUSTOMER: Final = "customer"
QUIET: Final = "lost too recently"


class Counted(Struct, frozen=True, kw_only=True):
    """What counts for R. `leads` were active, `requests` asked for a talk, `answered` read the answer to the loss."""

    deal_people: int = 0
    other_people: int = 0
    intent_days: int = 0
    answers: int = 0
    active_days: int = 0
    mail_clicks: int = 0
    networks: int = 0
    page_days: int = 0
    careers_days: int = 0
    leads: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    freshest_at: int = 0
    first_at: int = 0
    human: bool = True


def lost_at(deal: DealFacts) -> int:
    """When it was lost: what the CRM says, else when it reported so."""
    return deal.reported_at if deal.lost_at is None else deal.lost_at


def decisive(deals: Iterable[DealFacts]) -> DealFacts | None:
    """The freshest lost deal; ties by the greater amount, then by id."""
    lost = (deal for deal in deals if deal.status == "lost")
    return max(lost, key=lambda deal: (lost_at(deal), deal.amount or 0.0, deal.deal_id), default=None)


def candidate(deals: Sequence[DealFacts], *, as_of: int, rules: ReturnsRules) -> str:
    """Why no return is watched for; "" = it is."""
    deal = decisive(deals)
    if any(one.status == "won" for one in deals):
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


def counted(members: Mapping[str, Member], deal: DealFacts, *, since: int, day_of: DayOf) -> Counted:
    """What the members did after `since`. People at a dead end are left out."""
    on_deal = {person.lead_id for person in deal.people}
    tags = _answer_tags(deal)
    leads: list[str] = []
    requests: list[str] = []
    answered: list[str] = []
    ats: list[int] = []
    days: set[int] = set()
    intents: set[int] = set()
    seen: set[int] = set()
    careers: set[int] = set()
    human = True
    for lead_id, member in sorted(members.items()):
        if member.dead_end:
            continue
        fresh = [day for day in member.days if day.at > since]
        seen.update(day.day for day in fresh)
        careers.update(day.day for day in fresh if day.careers)
        asked = [one.at for one in member.requests if one.at > since]
        if asked:
            requests.append(lead_id)
            ats += asked
        if active := _active(fresh):
            leads.append(lead_id)
            human &= member.human
            days |= active.keys()
            ats += active.values()
            intents |= {day_of(at) for at in member.intents if at > since} & active.keys()
            if any(at > since and tag in tags for tag, at in member.answers.items()):
                answered.append(lead_id)
    return Counted(
        deal_people=len(on_deal & set(leads)),
        other_people=len(set(leads) - on_deal),
        intent_days=len(intents),
        answers=min(len(answered), 1),
        active_days=len(days),
        page_days=len(seen),
        careers_days=len(careers),
        leads=tuple(leads),
        requests=tuple(requests),
        answered=tuple(answered),
        freshest_at=max(ats, default=0),
        first_at=min(ats, default=0),
        human=human,
    )


def strength(found: Counted, deal: DealFacts, *, as_of: int, since: int, rules: ReturnsRules) -> ReturnStrength:
    """R with its lines, and the level that it is worth.

    A request is real-time whatever R is. Without a known lead, and for a deal lost very long ago, digest at most.
    """
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
    level: AlertLevel | None = None
    if found.requests:
        level = "real_time"
    elif total >= rules.digest_from:
        old = as_of - lost_at(deal) > rules.old_after_days * DAY_MS
        level = "real_time" if total >= rules.real_time_from and people and not old else "digest"
    return ReturnStrength(
        strength=total,
        lines=lines,
        halved=halved,
        counted_from=since,
        level=level,
        digest_from=rules.digest_from,
        real_time_from=rules.real_time_from,
    )


def _active(days: Iterable[Day]) -> dict[int, int]:
    """Active days -> their freshest human hit."""
    return {day.day: day.at for day in days if day.active}


def _answer_tags(deal: DealFacts) -> set[str]:
    """Tags that answer this loss: its reason, and its reason with the detail or the rival."""
    reason = deal.lost_reason or ""
    return {reason, reason.partition(":")[0], f"{reason}:{deal.competitor}"} - {""}
