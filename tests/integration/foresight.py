"""The oracle over a world: what the unique events make, and what any other order of arrival makes."""

from streams.core.rules import Rules
from tests.integration.oracle import Oracle
from tests.integration.outcome import History, Outcome
from tests.integration.post import encoded
from tests.integration.world import World

__all__ = ["as_outcome", "foreseen", "in_arrival_order"]


def foreseen(world: World, rules: Rules) -> Oracle:
    """Each event once, in the order of time; early deals first."""
    oracle = Oracle(rules)
    for report in world.early_deals:
        oracle.signal(report)
    deals = list(world.late_deals)
    for parcel in world.unique:
        while deals and deals[0].received_at <= parcel.received_at:
            oracle.signal(deals.pop(0))
        oracle.visits(encoded(parcel)[1])
    for report in deals:
        oracle.signal(report)
    oracle.close(world.closing_at)
    return oracle


def in_arrival_order(world: World, rules: Rules) -> Oracle:
    """The same world as it arrives: copies, any order within a day, poison, late deals at the very end."""
    oracle = Oracle(rules)
    for report in world.early_deals:
        oracle.signal(report)
    for _, delivery in world.arrivals:
        oracle.visits(delivery)
    for record in world.broken:
        oracle.record(record)
    for report in world.late_deals:
        oracle.signal(report)
    oracle.close(world.closing_at)
    return oracle


def as_outcome(oracle: Oracle) -> Outcome:
    """An oracle as if it were what an application left behind."""
    return Outcome(
        leads={key: History([card], card) for key, card in oracle.leads.items()},
        accounts={key: History([card], card) for key, card in oracle.accounts.items()},
        alerts={key: History([card], card) for key, card in oracle.alerts.items()},
        visitors=dict(oracle.visitors),
        moves={lead: {number: [move] for number, move in moves.items()} for lead, moves in oracle.moves.items()},
        posts={key: [post] for key, post in oracle.posts.items()},
        rejected=oracle.rejected,
    )
