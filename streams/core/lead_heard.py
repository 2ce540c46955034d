"""What a lead's row hears: the newest of each source, what people decided, the greatest time; all within bounds."""

from collections.abc import Iterable
from typing import Final, assert_never

from msgspec.structs import replace

from schemas.activity import Decision
from schemas.deals import DealFacts, DealStanding
from schemas.touches import (
    Confirmation,
    Disposition,
    LeadForward,
    LeadLink,
    MailEvent,
    MergeOrder,
    Tick,
    Touch,
    VisitorStanding,
    VoidOrder,
)
from streams.core.activity import gather
from streams.core.known_deals import freshest_deals
from streams.core.lead_decisions import decision_of, freshest_decisions
from streams.core.lead_direct import Direct, with_direct
from streams.core.lead_row import Known, Lead
from streams.core.lead_view import JOINED
from streams.core.mail_kept import joined_mail
from streams.core.parts import Part, live, newest
from streams.core.rules import Rules
from streams.core.voids import MAX_VOIDS

__all__ = ["heard_by"]

MAX_SOURCES: Final = 16
MAX_WITHDRAWN: Final = 64
MAX_DEALS: Final = 16


def heard_by(row: Lead, messages: Iterable[Touch], rules: Rules) -> Lead:
    """The row with what came. Raises UnknownDecision."""
    sources: list[tuple[str, Part[Known]]] = []
    deals: list[tuple[str, Part[DealFacts]]] = []
    decisions: list[Decision] = []
    direct: list[Direct] = []
    as_of = row.as_of
    for message in messages:
        match message:
            case VisitorStanding():
                sources.append((f"visitor:{message.visitor_id}", _part(message)))
                as_of = max(as_of, message.as_of)
            case LeadForward():
                sources.append((f"lead:{message.lead_id}", _part(message)))
                as_of = max(as_of, message.as_of)
            case DealStanding():
                deals.append((message.deal_id, Part(message.version, message.as_of, message.deal)))
                as_of = max(as_of, message.as_of)
            case Disposition():
                decisions.append(decision_of(message, row, rules))
                as_of = max(as_of, message.at)
            case MailEvent() | Confirmation() | VoidOrder():
                direct.append(message)
                as_of = max(as_of, message.at)
            case LeadLink() | MergeOrder() | Tick():
                as_of = max(as_of, message.at)
            case _:
                assert_never(message)
    after = replace(
        row,
        as_of=as_of,
        sources=_bounded_sources(newest(row.sources, sources), rules) if sources else row.sources,
        deals=freshest_deals(newest(row.deals, deals), most=MAX_DEALS) if deals else row.deals,
        decisions=freshest_decisions((*row.decisions, *decisions), rules) if decisions else row.decisions,
    )
    return with_direct(after, direct, rules)


def _part(said: VisitorStanding | LeadForward) -> Part[Known]:
    known = None if said.activity is None else Known(said.known_at, said.trust, said.activity)
    if known is not None and isinstance(said, LeadForward):
        known = replace(known, mail=said.mail, voids=said.voids)
    return Part(said.version, said.as_of, known)


def _bounded_sources(sources: dict[str, Part[Known]], rules: Rules) -> dict[str, Part[Known]]:
    """At most 16 that stand: the stalest beyond are joined into one. Of those that withdrew the 64 newest."""
    withdrawn = [source for source, part in sources.items() if part.body is None]
    gone = sorted(withdrawn, key=lambda source: sources[source].version)
    kept = {source: part for source, part in sources.items() if source not in gone[:-MAX_WITHDRAWN]}
    standing = sorted(live(kept), key=lambda one: (one == JOINED, kept[one].as_of, one))
    stalest = standing[: max(len(standing) - MAX_SOURCES, 0)]
    if not stalest:
        return kept
    joined = [kept.pop(source) for source in {*stalest, *({JOINED} & kept.keys())}]
    known = [part.body for part in joined if part.body is not None]
    body = Known(
        known_at=min(one.known_at for one in known),
        trust="proven" if any(one.trust == "proven" for one in known) else "claimed",
        activity=gather([one.activity for one in known], rules),
        mail=joined_mail((one.mail for one in known), rules),
        voids=tuple(sorted({void for one in known for void in one.voids}, reverse=True)[:MAX_VOIDS]),
    )
    kept[JOINED] = Part(max(part.version for part in joined), max(part.as_of for part in joined), body)
    return dict(sorted(kept.items()))
