"""What answers to alerts say of leads: dispositions whose ids follow from alert and kind, so a copy changes nothing."""

from schemas.activity import Version
from schemas.touches import Disposition
from streams.core.account.row import Account

__all__ = ["orders_of"]


def orders_of(row: Account, *, since: Version) -> tuple[Disposition, ...]:
    """Orders that a message of version `since` (or a later one) gave. `said` names the alert and its lost deal."""
    return tuple(
        Disposition(
            to=one.lead_id,
            milestone_id=f"{one.kind}:{episode.card.alert_id}",
            kind=one.kind,
            reason=one.reason,
            at=one.at,
            actor=one.actor,
            said={"alert_id": episode.card.alert_id, "lost_deal_id": episode.deal_id},
        )
        for episode in row.episodes
        for one in episode.orders
        if one.version >= since
    )
