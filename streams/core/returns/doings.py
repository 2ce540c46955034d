"""What the people of a lost deal's account did since a time, as R counts it. Times are UTC milliseconds.

People at a dead end, those who withdrew their consent, and those who were found to be somebody else's (a wrong company,
a job seeker, a partner) are left out. Anonymous visitors of the company's listed network show days, pages and answers,
but they are nobody: they neither are people nor make a day on which one came.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from schemas.deals import DealFacts
from schemas.signals import Day, Member
from streams.core.days import DayOf

__all__ = ["NOBODY", "Counted", "answer_tags", "counted", "is_on"]

NOBODY: Final[Mapping[str, Member]] = MappingProxyType({})


class Counted(Struct, frozen=True, kw_only=True):
    """What counts for R. `leads` were active, `requests` asked for a talk, `answered` read the answer to the loss.

    `freshest_at` and `first_at`: of the days and requests that count, `asked_at` of the requests; 0 for none.
    """

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
    asked_at: int = 0
    human: bool = True


class _Doings(Struct, frozen=True):
    """What one of them did. `active`: day -> its freshest human hit."""

    seen: frozenset[int]
    careers: frozenset[int]
    active: dict[int, int]
    intents: frozenset[int]
    asked: tuple[int, ...]
    answered: bool
    clicked: bool
    human: bool


def counted(
    members: Mapping[str, Member], deal: DealFacts, *, since: int, day_of: DayOf,
    networks: Mapping[str, Member] = NOBODY, left_out: Collection[str] = (),
) -> Counted:  # fmt: skip
    """What they did after `since`. `networks`: anonymous visitors from the company's network, by visitor."""
    tags = answer_tags(deal)
    known = _doings(members, tags, since=since, day_of=day_of, left_out=left_out)
    anonymous = _doings(networks, tags, since=since, day_of=day_of, left_out=left_out)
    everybody = (*known.values(), *anonymous.values())
    leads = tuple(lead_id for lead_id, one in known.items() if one.active)
    ats = [at for one in everybody for at in one.active.values()]
    asked = [at for one in known.values() for at in one.asked]
    deal_people = sum(is_on(deal, lead_id, members[lead_id]) for lead_id in leads)
    answered = tuple(lead_id for lead_id, one in known.items() if one.answered)
    return Counted(
        deal_people=deal_people,
        other_people=len(leads) - deal_people,
        intent_days=len(frozenset[int]().union(*(one.intents for one in everybody))),
        answers=int(any(one.answered for one in everybody)),
        active_days=len({day for one in known.values() for day in one.active}),
        mail_clicks=sum(one.clicked for one in known.values()),
        networks=sum(bool(one.active) for one in anonymous.values()),
        page_days=len(frozenset[int]().union(*(one.seen for one in everybody))),
        careers_days=len(frozenset[int]().union(*(one.careers for one in everybody))),
        leads=leads,
        requests=tuple(lead_id for lead_id, one in known.items() if one.asked),
        answered=answered,
        freshest_at=max((*ats, *asked), default=0),
        first_at=min((*ats, *asked), default=0),
        asked_at=max(asked, default=0),
        human=all(one.human for one in everybody if one.active),
    )


def is_on(deal: DealFacts, lead_id: str, member: Member) -> bool:
    """Whether this lead is on the deal, also by the name of a lead that it absorbed."""
    return not {person.lead_id for person in deal.people}.isdisjoint((lead_id, *member.aliases))


def _doings(
    members: Mapping[str, Member], tags: Collection[str], *, since: int, day_of: DayOf, left_out: Collection[str]
) -> dict[str, _Doings]:
    """Of those who take part, in the order of their ids."""
    return {
        who: _doing(one, tags, since=since, day_of=day_of)
        for who, one in sorted(members.items())
        if not (one.dead_end or one.silenced or who in left_out)
    }


def _doing(member: Member, tags: Collection[str], *, since: int, day_of: DayOf) -> _Doings:
    """Pages count only on days on which it was a person."""
    fresh = [day for day in member.days if day.at > since]
    active = _active(fresh)
    return _Doings(
        seen=frozenset(day.day for day in fresh),
        careers=frozenset(day.day for day in fresh if day.careers),
        active=active,
        intents=frozenset(day_of(at) for at in member.intents if at > since) & active.keys(),
        asked=tuple(one.at for one in member.requests if one.at > since),
        answered=bool(active) and any(at > since and tag in tags for tag, at in member.answers.items()),
        clicked=member.clicked_at is not None and member.clicked_at > since,
        human=member.human,
    )


def _active(days: Iterable[Day]) -> dict[int, int]:
    """Active days -> their freshest human hit."""
    return {day.day: day.at for day in days if day.active}


def answer_tags(deal: DealFacts) -> set[str]:
    """Tags that answer this loss: its reason, and its reason with the detail or the rival."""
    reason = deal.lost_reason or ""
    return {reason, reason.partition(":")[0], f"{reason}:{deal.competitor}"} - {""}
