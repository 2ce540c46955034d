"""Who it was when: the claims that a browser was somebody, in the order of their own times.

The lead that was claimed last before a moment owns it; the first lead also owns what came before. A claim of a user id
speaks of the lead of its e-mail where a link says so: the last link before the claim, else the first. What an operator
denied counts for nothing, whenever it was claimed.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from schemas.activity import Claim
from schemas.delivery import Trust
from streams.core.events.facts import Link, Ordered

__all__ = [
    "ANYBODY",
    "Span",
    "Timeline",
    "Who",
    "kept_claims",
    "kept_links",
    "kept_orders",
    "known_leads",
    "named_leads",
    "owner_at",
    "timeline_of",
    "who_of",
]

ANYBODY: Final = ""  # owns what nobody was claimed for
MAX_CLAIMS: Final = 16
MAX_LEADS: Final = 8
MAX_LINKS: Final = 16
MAX_ORDERS: Final = 32


class Span(NamedTuple):
    """From `since` on it was this lead, until the next span begins."""

    since: int
    lead_id: str


Timeline: TypeAlias = tuple[Span, ...]
NO_TIMES: Final[frozenset[int]] = frozenset()


class Who(NamedTuple):
    """Who it was when, by the claims that count; `denied` are the times of those that an operator denied."""

    claims: tuple[Claim, ...]
    timeline: Timeline
    denied: frozenset[int]


NOBODY: Final = Who((), (), NO_TIMES)


def kept_claims(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Distinct claims by time, at most 16 of 8 leads: all that people do.

    Beyond: those go first that only repeat the lead before them, then the oldest; the result is approximate then.
    """
    best: dict[tuple[int, str], Claim] = {}
    for claim in claims:
        held = best.get(claim[:2])
        if held is None or claim.trust > held.trust:  # "proven" > "claimed"
            best[claim[:2]] = claim
    kept = sorted(best.values())
    if len(kept) > MAX_CLAIMS:
        kept = _without_repeats(kept, most=MAX_CLAIMS)[-MAX_CLAIMS:]
    while len({claim.lead_id for claim in kept}) > MAX_LEADS:
        kept = kept[1:]
    return tuple(kept)


def kept_links(links: Iterable[Link]) -> tuple[Link, ...]:
    """The 16 newest distinct links of each kind, by time."""
    found = sorted(set(links))
    if len(found) <= MAX_LINKS:
        return tuple(found)
    kept = [one for by in ("alias", "email") for one in [link for link in found if link.by == by][-MAX_LINKS:]]
    return tuple(sorted(kept))


def timeline_of(claims: Sequence[Claim], links: Sequence[Link]) -> Timeline:
    """The spans that claims and links make; () where nobody was claimed."""
    spans: list[Span] = []
    for claim in claims:
        lead_id = _resolved(claim, links)
        if not spans or spans[-1].lead_id != lead_id:
            spans.append(Span(claim.at, lead_id))
    return tuple(spans)


def owner_at(timeline: Timeline, at: int) -> str:
    """The lead that owns a moment."""
    if not timeline:
        return ANYBODY
    owner = timeline[0].lead_id
    for since, lead_id in timeline:
        if since > at:
            break
        owner = lead_id
    return owner


def _resolved(claim: Claim, links: Sequence[Link]) -> str:
    """The lead that a claim speaks of."""
    if not links:
        return claim.lead_id
    own = [link for link in links if link.user_lead == claim.lead_id and link.by == "email"]
    if not own:
        return claim.lead_id
    before = [link for link in own if link.at <= claim.at]
    return before[-1].lead_id if before else own[0].lead_id


def known_leads(claims: Sequence[Claim], links: Sequence[Link]) -> dict[str, tuple[int, Trust]]:
    """Each lead that owns claims: since when (the first), and with the best trust that was said."""
    known: dict[str, tuple[int, Trust]] = {}
    for claim in claims:
        lead_id = _resolved(claim, links)
        since, trust = known.get(lead_id, (claim.at, "claimed"))
        known[lead_id] = (since, "proven" if "proven" in (trust, claim.trust) else "claimed")
    return known


def named_leads(claims: Iterable[Claim], links: Iterable[Link]) -> set[str]:
    """Every lead that may ever have been told of, given these."""
    leads = {claim.lead_id for claim in claims}
    return leads | {lead for link in links if link.by == "email" for lead in (link.user_lead, link.lead_id)}


def who_of(claims: tuple[Claim, ...], links: Sequence[Link], orders: Sequence[Ordered]) -> Who:
    """Who it was when, by the claims that no operator denied.

    Those of a denied lead count for nothing, and those of a user id that speaks of it.
    """
    if not claims:
        return NOBODY
    denied = {one.lead_id for one in orders if one.kind == "deny"}
    if not denied:
        return Who(claims, timeline_of(claims, links), NO_TIMES)
    counted = tuple(one for one in claims if denied.isdisjoint((one.lead_id, _resolved(one, links))))
    return Who(counted, timeline_of(counted, links), frozenset({one.at for one in claims if one not in counted}))


def kept_orders(orders: Iterable[Ordered]) -> tuple[Ordered, ...]:
    """Of each lead the newest (of equal times the denial), of at most 32 leads: those denied, and the newest, first."""
    newest: dict[str, Ordered] = {}
    for one in orders:
        held = newest.get(one.lead_id)
        if held is None or one[1:] > held[1:]:
            newest[one.lead_id] = one
    ranked = sorted(newest.values(), key=lambda one: (one.kind == "deny", one.at, one.lead_id), reverse=True)
    return tuple(sorted(ranked[:MAX_ORDERS]))


def _without_repeats(claims: list[Claim], *, most: int) -> list[Claim]:
    """At most `most`, if so many can go: the oldest that follow one of the same lead."""
    surplus = len(claims) - most
    kept = claims[:1]
    for before, claim in pairwise(claims):
        if surplus > 0 and before.lead_id == claim.lead_id:
            surplus -= 1
        else:
            kept.append(claim)
    return kept
