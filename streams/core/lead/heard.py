"""What a lead's row hears: the newest of each source, what people decided, the greatest time; all within bounds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, assert_never

from msgspec.structs import replace

from schemas.activity import Claim, Decision
from schemas.deals import DealFacts, DealStanding
from schemas.lead_body import Known
from schemas.touches import (
    Confirmation,
    ContactKnown,
    Disposition,
    EraseOrder,
    LeadForward,
    LeadLink,
    MailEvent,
    MergeOrder,
    Tick,
    Touch,
    VisitorStanding,
    VoidOrder,
)
from streams.core.account.known_deals import freshest_deals
from streams.core.lead.absorbed import bounded_absorbed
from streams.core.lead.body import JOINED, one_known
from streams.core.lead.decisions import decision_of, freshest_decisions
from streams.core.lead.direct import with_direct
from streams.core.lead.pointers import kept_pointers, newest_order
from streams.core.lead.row import MAX_DEALS, Absorbed, Erasure, Lead, Order
from streams.core.parts import Part, live, newest
from streams.core.rules import Rules

__all__ = ["heard_by"]

MAX_SOURCES: Final = 16
MAX_WITHDRAWN: Final = 64
MAX_CONTACTS: Final = 32
MAX_ERASURES: Final = 16
_DIRECT: Final = (MailEvent, Confirmation, VoidOrder)
_POINTERS: Final = frozenset({LeadForward, LeadLink, MergeOrder})
_RECORDS: Final = frozenset({ContactKnown, EraseOrder})


def heard_by(row: Lead, messages: Iterable[Touch], rules: Rules) -> Lead:
    """The row with what came, each kind of touch by itself. Raises UnknownDecision."""
    heard: dict[type[Touch], list[Any]] = {}
    as_of = row.as_of
    for message in messages:
        heard.setdefault(type(message), []).append(message)
        as_of = max(as_of, _time_of(message))
    row = replace(
        row,
        as_of=as_of,
        sources=_sources(row, heard.get(VisitorStanding, ()), rules),
        deals=_deals(row, heard.get(DealStanding, ())),
        decisions=_decisions(row, heard.get(Disposition, ()), rules),
    )
    row = with_direct(row, [one for kind in _DIRECT for one in heard.get(kind, ())], rules)
    row = row if heard.keys().isdisjoint(_RECORDS) else _with_records(row, heard)
    return row if heard.keys().isdisjoint(_POINTERS) else _with_pointers(row, heard, rules)


def _time_of(message: Touch) -> int:
    match message:
        case VisitorStanding() | LeadForward() | DealStanding():
            return message.as_of
        case LeadLink() | MergeOrder() | Disposition() | MailEvent() | Confirmation() | VoidOrder() | Tick():
            return message.at
        case EraseOrder():
            return message.at
        case ContactKnown():  # a CRM's own time
            return 0
        case _:
            assert_never(message)


def _sources(row: Lead, said: Sequence[VisitorStanding], rules: Rules) -> dict[str, Part[Known]]:
    if not said:
        return row.sources
    parts = [(f"visitor:{one.visitor_id}", _part(one)) for one in said]
    return _bounded_sources(newest(row.sources, parts), rules)


def _deals(row: Lead, said: Sequence[DealStanding]) -> dict[str, Part[DealFacts]]:
    if not said:
        return row.deals
    parts = [(one.deal_id, Part(one.version, one.as_of, one.deal)) for one in said]
    return freshest_deals(newest(row.deals, parts), most=MAX_DEALS)


def _decisions(row: Lead, said: Sequence[Disposition], rules: Rules) -> tuple[Decision, ...]:
    if not said:
        return row.decisions
    return freshest_decisions((*row.decisions, *(decision_of(one, row, rules) for one in said)), rules)


def _with_pointers(row: Lead, heard: Mapping[type[Touch], Sequence[Any]], rules: Rules) -> Lead:
    """The row with who points here, and with who it was said to be."""
    said: dict[str, list[Claim]] = {"alias": [], "email": []}
    for link in heard.get(LeadLink, ()):
        said[link.by].append(Claim(link.at, link.lead_id, link.trust))
    orders = [Order(one.at, one.into, one.actor, one.reason) for one in heard.get(MergeOrder, ())]
    absorbed = [(one.lead_id, _absorbed(one)) for one in heard.get(LeadForward, ())]
    return replace(
        row,
        absorbed=bounded_absorbed(newest(row.absorbed, absorbed), rules) if absorbed else row.absorbed,
        emails=kept_pointers(row.emails, said["email"]),
        aliases=kept_pointers(row.aliases, said["alias"]),
        order=newest_order((row.order, *orders)),
    )


def _with_records(row: Lead, heard: Mapping[type[Touch], Sequence[Any]]) -> Lead:
    """The row with the contacts that are this person, the freshest, and with the first order to forget each lead."""
    contacts = dict(row.contacts)
    for known in heard.get(ContactKnown, ()):
        contacts[known.contact] = max(known.at, contacts.get(known.contact, 0))
    freshest = sorted(contacts, key=lambda one: (contacts[one], one), reverse=True)[:MAX_CONTACTS]
    orders = [Erasure(one.at, one.actor, one.lead_id) for one in heard.get(EraseOrder, ())]
    first = {one.lead_id: one for one in sorted({*row.erasures, *orders}, reverse=True)}
    return replace(
        row,
        contacts={one: contacts[one] for one in sorted(freshest)},
        erasures=tuple(sorted(first.values())[:MAX_ERASURES]),
    )


def _part(said: VisitorStanding) -> Part[Known]:
    known = None if said.activity is None else Known(said.known_at, said.trust, said.activity)
    return Part(said.version, said.as_of, known)


def _absorbed(said: LeadForward) -> Part[Absorbed]:
    return Part(said.version, said.as_of, Absorbed(said.through, said.body) if said.through else None)


def _bounded_sources(sources: dict[str, Part[Known]], rules: Rules) -> dict[str, Part[Known]]:
    """At most 16 that stand: the stalest beyond are joined into one. Of those that withdrew the 64 newest."""
    if len(sources) <= MAX_SOURCES:
        return sources
    withdrawn = [source for source, part in sources.items() if part.body is None]
    gone = sorted(withdrawn, key=lambda source: sources[source].version)
    kept = {source: part for source, part in sources.items() if source not in gone[:-MAX_WITHDRAWN]}
    standing = sorted(live(kept), key=lambda one: (one == JOINED, kept[one].as_of, one))
    stalest = standing[: max(len(standing) - MAX_SOURCES, 0)]
    if not stalest:
        return kept
    joined = [kept.pop(source) for source in {*stalest, *({JOINED} & kept.keys())}]
    body = one_known([part.body for part in joined if part.body is not None], rules)
    kept[JOINED] = Part(max(part.version for part in joined), max(part.as_of for part in joined), body)
    return dict(sorted(kept.items()))
