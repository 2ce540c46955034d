"""The deals that a lead's or an account's row knows: bounded, and what decides for good is let go last.

An account's row may know a deal that stands elsewhere: the row of a CRM's id hears of its deals also where it was told
to be another account. Where a deal stands, only the deal's row says, with each standing.
"""

from collections.abc import Iterable, Mapping

from schemas.deals import DealFacts
from streams.core.parts import Part, live

__all__ = ["deals_at", "freshest_deals", "freshest_facts"]


def deals_at(account_id: str, deals: Mapping[str, Part[DealFacts]]) -> tuple[DealFacts, ...]:
    """Those that stand at this account, by id: they count here, and only these may have an alert here."""
    return tuple(deal for deal in live(deals).values() if deal.account_id == account_id)


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
