"""What an alert says about what to do now: the hold, the next act, the talking point, the buttons that it offers.

Inside a hold it is information only: nobody calls or reopens before its end, unless the customer asked (a fast pass).
The mail stop lasts as long as the hold, whoever asked. Times are UTC milliseconds.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from msgspec.structs import replace

from schemas.cards import AlertCard, AlertStatus
from schemas.signals import AlertVerb, Member
from streams.core.rules import Rules
from streams.core.stage.holds import hold_of_loss

__all__ = ["THEN", "contact_from", "holds_back", "offered", "talking_point", "worded"]

THEN: Final = " Then: "  # between the hold and the act
IN_A_HOLD: Final = ("contacted", "reopen_deal")  # not offered there
OFFERS: Final[dict[AlertStatus, tuple[AlertVerb, ...]]] = {
    "open": ("claim", "contacted", "snooze", "wrong_company", "not_a_buyer", "reopen_deal", "dismiss"),
    "claimed": ("contacted", "snooze", "wrong_company", "not_a_buyer", "reopen_deal", "dismiss", "release"),
    "snoozed": ("claim", "contacted", "snooze", "wrong_company", "not_a_buyer", "reopen_deal", "dismiss", "wake"),
}


def worded(card: AlertCard, *, as_of: int, rules: Rules) -> AlertCard:
    """The card with what holds at `as_of`."""
    ends = hold_of_loss(card.deal, rules.stages)
    mail_stop_until = ends if ends > as_of else None
    hold_until = None if card.fast_pass else mail_stop_until
    act = rules.returns.next_act(card.deal.lost_reason, detail=card.deal.competitor)
    if hold_until is not None:
        said = rules.returns.hold_text.format(date=_day(hold_until, rules))
        act = f"{said}{THEN}{act}" if act else said
    return replace(
        card,
        hold_until=hold_until,
        mail_stop_until=mail_stop_until,
        next_act=act,
        offers=offered(card.status, held=hold_until is not None),
    )


def offered(status: AlertStatus, *, held: bool) -> tuple[str, ...]:
    """The buttons of an alert in this status; `held`: inside a hold."""
    verbs = OFFERS.get(status, ())
    return tuple(verb for verb in verbs if verb not in IN_A_HOLD) if held else verbs


def holds_back(card: AlertCard, verb: AlertVerb, *, at: int, rules: Rules) -> int | None:
    """Until when this answer is none of sales' to give, None where it is."""
    ends = contact_from(card, rules)
    return ends if verb in IN_A_HOLD and at < ends else None


def contact_from(card: AlertCard, rules: Rules) -> int:
    """From when on sales may talk to them: the end of the hold, or 0 where they asked for it."""
    return 0 if card.fast_pass else hold_of_loss(card.deal, rules.stages)


def talking_point(people: Iterable[Member], rules: Rules) -> str:
    """What to talk about with the first of these whose maturity level has a text."""
    said = (rules.returns.talking(one.maturity, one.title) for one in people)
    return next((text for text in said if text), "")


def _day(at: int, rules: Rules) -> str:
    """The calendar day at the site, such as 2026-07-19."""
    return (date(1970, 1, 1) + timedelta(days=rules.site.day_of(at))).isoformat()
