"""Who a lead is: its browsers, the leads that are this one now, what an operator said; and what a change would do.

A merge is foreseen from cards, so its figures are near and not exact (`streams/core/lead/merge_preview.py`).
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from schemas.cards import LeadCard, ScoredHit
from streams.console.leads.timeline import devices
from streams.console.tongue import N_
from streams.core.lead.merge_preview import engagement_of
from streams.core.rules import Rules

__all__ = ["Browser", "Foreseen", "browsers_of", "merging", "objection_to_merge", "unmerging", "without_browser"]



class Browser(Struct, frozen=True):
    """One browser. `hits`: how many kept hits came through it, `seen_at` the freshest of them, None = none.

    `lead_id`: whom it says it is, which may be a lead that is this one now; "" where nothing kept tells.
    """

    via: str
    name: str
    hits: int
    seen_at: int | None
    lead_id: str


class Foreseen(Struct, frozen=True, kw_only=True):
    """What an order would do, in sentences that are true whatever happens meanwhile; engagement in tenths.

    `warnings`: what a person should look at first. `into` of an un-merge: what the order names.
    """

    before: int
    after: int
    warnings: tuple[str, ...] = ()
    into: str = ""


def browsers_of(card: LeadCard) -> tuple[Browser, ...]:
    """Every browser of the card, the busiest first."""
    names = devices(card)
    found = []
    for via in card.visitors:
        hits = [hit for line in card.lines for hit in line.hits if via in (hit.via, hit.via.rpartition("@")[0])]
        ids = {hit.hit_id for hit in hits}
        seen_at = max((hit.at for hit in hits), default=None)
        found.append(Browser(via, names.get(via, ""), len(ids), seen_at, _claimed(card, via, hits)))
    return tuple(sorted(found, key=lambda one: (-(one.seen_at or 0), one.name)))


def objection_to_merge(card: LeadCard, into: LeadCard | None) -> str:
    """Why this cannot be ordered, "" = it can."""
    if into is None:
        return N_("Nobody is known by that e-mail or id.")
    if into.lead_id == card.lead_id:
        return N_("This is the same person already.")
    if card.merged_into:
        return N_("This one is another person already. Take that back first.")
    if into.merged_into:
        return N_("That one is another person now: merge into that one instead.")
    return ""


def merging(card: LeadCard, into: LeadCard, rules: Rules, *, now: int) -> Foreseen:
    """What `into` would be, with all of `card`."""
    return Foreseen(
        before=engagement_of([into], rules, at=now),
        after=engagement_of([card, into], rules, at=now),
        warnings=tuple(_doubts(card, into)),
    )


def unmerging(card: LeadCard, into: LeadCard | None, rules: Rules, *, now: int) -> Foreseen:
    """What would be left of the one that `card` is now, and the order that takes them apart.

    An operator's merge is taken back; what a link said can only be outranked, by the word that it is nobody else.
    """
    ordered = card.merge is not None and card.merge.into == card.merged_into
    left, gone = [] if into is None else [into], {card.lead_id, *card.aliases}
    return Foreseen(
        before=engagement_of(left, rules, at=now),
        after=engagement_of(left, rules, at=now, counts=lambda via: via.rpartition("@")[2] not in gone),
        into="" if ordered else card.lead_id,
    )


def without_browser(card: LeadCard, via: str, rules: Rules, *, now: int) -> Foreseen:
    """What would be left without what came through one browser."""
    return Foreseen(
        before=engagement_of([card], rules, at=now),
        after=engagement_of([card], rules, at=now, counts=lambda other: via not in (other, other.rpartition("@")[0])),
    )


def _claimed(card: LeadCard, via: str, hits: Sequence[ScoredHit]) -> str:
    """The lead that a browser said it is: of what was forwarded it is named behind the browser."""
    if not card.aliases or any(hit.via == via for hit in hits):
        return card.lead_id
    return next((hit.via.rpartition("@")[2] for hit in hits), "")


def _doubts(card: LeadCard, into: LeadCard) -> Iterator[str]:
    pairs: Sequence[tuple[str, str, str]] = (
        (card.email, into.email, N_("They have two e-mail addresses. Two addresses are never merged by themselves.")),
        (card.account_id, into.account_id,
         N_("They are at two companies. What was done counts for the second one then.")),
        (card.name.casefold(), into.name.casefold(), N_("They have two names.")),
    )
    yield from (words for one, other, words in pairs if one and other and one != other)
    if into.stage == "dead_end":
        yield N_("The one that stays is set aside as no buyer: nothing will be scored.")
    if card.deals:
        yield N_("Deals name the one that goes: they come along, and with them their holds.")


