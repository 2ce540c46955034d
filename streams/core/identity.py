"""Who it was when: the claims that a browser was somebody, in the order of their own times.

The lead that was claimed last before a moment owns it; the first lead also owns what came before. A claim of a user id
speaks of the lead of its e-mail where a link says so: the last link before the claim, else the first.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from schemas.activity import Claim
from schemas.delivery import Trust
from streams.core.facts import Link

__all__ = [
    "ANYBODY",
    "Span",
    "Timeline",
    "kept_claims",
    "kept_links",
    "known_leads",
    "named_leads",
    "owner_at",
    "timeline_of",
]

ANYBODY: Final = ""  # owns what nobody was claimed for
MAX_CLAIMS: Final = 16
MAX_LEADS: Final = 8
MAX_LINKS: Final = 16


class Span(NamedTuple):
    """From `since` on it was this lead, until the next span begins."""

    since: int
    lead_id: str


Timeline: TypeAlias = tuple[Span, ...]


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
    """The 16 newest distinct links, by time."""
    return tuple(sorted(set(links))[-MAX_LINKS:])


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
    own = [link for link in links if link.user_lead == claim.lead_id]
    if not own:
        return claim.lead_id
    before = [link for link in own if link.at <= claim.at]
    return before[-1].email_lead if before else own[0].email_lead


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
    return {claim.lead_id for claim in claims} | {lead for link in links for lead in link[1:]}


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
