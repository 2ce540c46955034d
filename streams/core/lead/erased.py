"""A lead that is erased: its row says so, keeps its moves, and absorbs whatever comes.

Whoever says something of it, then or later, is told to leave it out: browsers, leads that forward here, deals, contacts
and accounts. So an order to one row is enough, and nothing that is still on its way brings the person back. Whoever
follows an audience that it was in is told that it left. Of the rules only what is told of audiences is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import DealStanding
from schemas.delivery import VisitorOrder
from schemas.ids import news_recipient_of
from schemas.signals import LeadStanding, PersonErased, Signal
from schemas.touches import ContactKnown, EraseOrder, LeadForward, Tick, Touch, VisitorStanding
from streams.core.days import DAY_MS
from streams.core.effects import Effects, Folded
from streams.core.folding import newer, settled
from streams.core.lead.audiences import all_left
from streams.core.lead.body import JOINED, VISITOR
from streams.core.lead.news import news_of
from streams.core.lead.pointers import pointing_of
from streams.core.lead.row import Erased, Lead, as_transition
from streams.core.parts import addressed, withdrawn_at
from streams.core.rules import Rules

__all__ = ["erased", "is_erased", "still_erased"]

# What a worker that was stopped had on its way has arrived by then: said again, it is the last word.
AGAIN_AFTER: Final = DAY_MS
FORGOTTEN_AFTER: Final = 28 * DAY_MS  # no inbox holds anything of that time
_NOBODY: Final = Erased(0, "", 0)


class _Tellers(Struct):
    """Who says something of the person, by what they are."""

    visitors: set[str] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)
    deals: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)


def is_erased(key: str, heard: Lead, rules: Rules) -> bool:
    """Whether an order is about this lead: by its own id, or by those of all leads that it turned out to be."""
    ordered = {one.lead_id for one in heard.erasures}
    owners = {span.lead_id for span in pointing_of(key, heard, rules).owners}
    return key in ordered or (bool(owners) and owners <= ordered)


def erased(key: str, heard: Lead, *, version: Version, rules: Rules) -> Folded[Lead]:
    """The row after the order: who withdraws from whom, its moves, and nothing of what it heard."""
    now = newer(heard.version, version)
    told, pointed = addressed(heard.told, (), version=now), addressed(heard.pointed, (), version=now)
    order = min(heard.erasures)
    row = Lead(
        now,
        heard.as_of,
        wake_at=heard.as_of + AGAIN_AFTER,
        moves=heard.moves,
        told=told,
        pointed=pointed,
        withdrawn_at=withdrawn_at(heard.withdrawn_at, told, pointed, version=now, as_of=heard.as_of),
        audience_moves=all_left(heard, version=now, rules=rules),
        erased=Erased(
            order.at,
            order.actor,
            since=heard.as_of,
            visitors=tuple(sorted(one.removeprefix(VISITOR) for one in heard.sources if one != JOINED)),
            leads=tuple(sorted(one for one in heard.absorbed if one != JOINED)),
            deals=tuple(sorted(heard.deals)),
            contacts=tuple(sorted(heard.contacts)),
        ),
    )
    said = _said(key, row, row.erased or _NOBODY)
    return Folded(row, replace(said, posts=(*news_of(key, row, since=version, rules=rules), *said.posts)))


def still_erased(
    key: str, row: Lead, messages: Sequence[Touch], *, version: Version, rules: Rules
) -> Folded[Lead]:
    """The same row, but for its time; who spoke of the person is told. An order that comes again is said again."""
    mark, after = row.erased or _NOBODY, _aged(row, messages)
    folded = settled(row, after, version=version, say=lambda _: _said(key, row, mark))
    if any(isinstance(one, EraseOrder) and one.lead_id == key for one in messages):
        folded = Folded(folded.row, _said(key, row, mark))
    tellers, passed_over = _tellers(messages)
    orders, touches, signals = _told(key, mark, tellers)
    effects = folded.effects
    again = tuple(as_transition(key, move) for move in reversed(row.moves) if move.version >= version)
    return Folded(folded.row, replace(
        effects,
        transitions=again,
        orders=(*effects.orders, *orders),
        touches=(*effects.touches, *touches),
        signals=(*effects.signals, *signals),
        posts=(*news_of(key, row, since=version, rules=rules), *effects.posts),
        passed_over=passed_over,
    ))  # fmt: skip


def _aged(row: Lead, messages: Iterable[Touch]) -> Lead:
    """The row at the time that a clock or an order says."""
    as_of = max([row.as_of, *(one.at for one in messages if isinstance(one, Tick | EraseOrder))])
    mark = row.erased or _NOBODY
    if as_of == row.as_of:
        return row
    if not mark.again_at:
        if as_of < mark.since + AGAIN_AFTER:
            return replace(row, as_of=as_of)
        return replace(row, as_of=as_of, wake_at=as_of + FORGOTTEN_AFTER, erased=replace(mark, again_at=as_of))
    if row.wake_at is None or as_of < row.wake_at:
        return replace(row, as_of=as_of)
    bare = Erased(mark.at, mark.actor, mark.since, mark.again_at)
    return replace(row, as_of=as_of, wake_at=None, told={}, pointed={}, withdrawn_at={}, audience_moves=(), erased=bare)


def _tellers(messages: Iterable[Touch]) -> tuple[_Tellers, int]:
    """Who spoke of the person, and how many messages were about it."""
    found, count = _Tellers(), 0
    for message in messages:
        match message:
            case VisitorStanding():  # also one that withdraws: it may hold what somebody said whom an operator denied
                found.visitors.add(message.visitor_id)
            case LeadForward() if message.through:
                found.leads.add(message.lead_id)
            case DealStanding() if message.deal is not None:
                found.deals.add(message.deal_id)
            case ContactKnown():
                found.contacts.add(message.contact)
            case _:
                pass
        count += not _is_silent(message)
    return found, count


def _is_silent(message: Touch) -> bool:
    """Whether it tells nothing of the person."""
    match message:
        case Tick() | EraseOrder() | VisitorStanding(activity=None) | DealStanding(deal=None) | LeadForward(through=()):
            return True
        case _:
            return False


def _said(key: str, row: Lead, mark: Erased) -> Effects:
    """All that the row has to say: it stands for nobody, whoever knows of it shall leave it out, and its card goes.

    What waits for a webhook goes too.
    """
    known = _Tellers(set(mark.visitors), set(mark.leads), set(mark.deals), set(mark.contacts))
    orders, touches, signals = _told(key, mark, known)
    return Effects(
        orders=orders,
        touches=(
            *(
                LeadForward(to=to, lead_id=key, version=since or row.version,
                            as_of=row.withdrawn_at.get(to, row.as_of), through=(), body=None)
                for to, since in row.pointed.items()
            ),
            *touches,
        ),
        signals=(
            *(
                LeadStanding(to=to, lead_id=key, version=since or row.version,
                             as_of=row.withdrawn_at.get(to, row.as_of), member=None)
                for to, since in row.told.items()
            ),
            *(PersonErased(to=to, lead_id=key) for to in row.told),
            *signals,
        ),
        posts=(PersonErased(to=news_recipient_of(key), lead_id=key),),
        erased=(key,),
    )  # fmt: skip


def _told(
    key: str, mark: Erased, to: _Tellers
) -> tuple[tuple[VisitorOrder, ...], tuple[EraseOrder, ...], tuple[Signal, ...]]:
    """What each of them is told."""
    at, actor = mark.at, mark.actor
    return (
        tuple(VisitorOrder(to=one, kind="erase", lead_id=key, at=at, actor=actor) for one in sorted(to.visitors)),
        tuple(EraseOrder(to=one, lead_id=key, at=at, actor=actor) for one in sorted(to.leads)),
        tuple(PersonErased(to=one, lead_id=key) for one in sorted({*to.deals, *to.contacts})),
    )
