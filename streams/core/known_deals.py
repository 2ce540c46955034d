"""The deals that a lead's or an account's row knows: bounded, and what decides for good is let go last."""

from schemas.deals import DealFacts
from streams.core.parts import Part

__all__ = ["freshest_deals"]


def freshest_deals(deals: dict[str, Part[DealFacts]], *, most: int) -> dict[str, Part[DealFacts]]:
    """At most `most`: won and open ones are never let go before lost ones, nor fresher before older."""
    if len(deals) <= most:
        return deals

    def worth(deal_id: str) -> tuple[bool, int, str]:
        deal = deals[deal_id].body
        return deal is not None and deal.status != "lost", 0 if deal is None else deal.reported_at, deal_id

    return {deal_id: deals[deal_id] for deal_id in sorted(sorted(deals, key=worth, reverse=True)[:most])}
