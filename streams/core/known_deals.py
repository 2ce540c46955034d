"""The deals that a lead's or an account's row knows: bounded, and what decides for good is let go last."""

from collections.abc import Iterable

from schemas.deals import DealFacts
from streams.core.parts import Part

__all__ = ["freshest_deals", "freshest_facts"]


def freshest_deals(deals: dict[str, Part[DealFacts]], *, most: int) -> dict[str, Part[DealFacts]]:
    """At most `most`: won and open ones are never let go before lost ones, nor fresher before older."""
    if len(deals) <= most:
        return deals
    ranked = sorted(deals, key=lambda deal_id: _worth(deal_id, deals[deal_id].body), reverse=True)
    return {deal_id: deals[deal_id] for deal_id in sorted(ranked[:most])}


def freshest_facts(deals: Iterable[DealFacts], *, most: int) -> tuple[DealFacts, ...]:
    """The same of deals without their versions, by id."""
    ranked = sorted(deals, key=lambda deal: _worth(deal.deal_id, deal), reverse=True)
    return tuple(sorted(ranked[:most], key=lambda deal: deal.deal_id))


def _worth(deal_id: str, deal: DealFacts | None) -> tuple[bool, int, str]:
    return deal is not None and deal.status != "lost", 0 if deal is None else deal.reported_at, deal_id
