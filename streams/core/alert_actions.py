"""What people do with an alert: claim it, say that they talked, dismiss it."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard, AlertStatus
from schemas.ids import alert_id_of
from schemas.signals import AlertAction
from streams.core.account_row import Account, Episode
from streams.core.errors import UnknownRow

__all__ = ["IN_WORK", "acted", "ended"]

IN_WORK = ("open", "claimed")


def acted(row: Account, actions: Sequence[AlertAction], *, version: Version) -> Account:
    """The row after these actions. A claim is first come; what is closed stays closed.

    Raises UnknownRow, before anything changes, for an alert that this account never had.
    """
    known = {alert_id_of(one.deal_id, number) for one in row.episodes for number in range(1, one.number + 1)}
    if strange := next((action.alert_id for action in actions if action.alert_id not in known), None):
        raise UnknownRow(f"this account has no alert {strange}")
    episodes = row.episodes
    for action in actions:
        episodes = tuple(
            _after(one, action, row, version=version) if one.card.alert_id == action.alert_id else one
            for one in episodes
        )
    return replace(row, episodes=episodes)


def ended(episode: Episode, *, status: AlertStatus, reason: str, at: int, as_of: int, version: Version) -> Episode:
    """The episode, closed at a time from which R counts anew."""
    card = replace(episode.card, status=status, closed_reason=reason, version=version, as_of=as_of)
    return replace(episode, status=status, card=card, reset_at=at, waiting=False)


def _after(episode: Episode, action: AlertAction, row: Account, *, version: Version) -> Episode:
    if episode.status not in IN_WORK:
        return episode
    match action.action:
        case "claim":
            return _claimed(episode, action, row, version=version) if episode.status == "open" else episode
        case "contacted":
            return ended(episode, status="done", reason=action.reason, at=action.at, as_of=row.as_of, version=version)
        case "dismiss":
            return ended(
                episode, status="dismissed", reason=action.reason, at=action.at, as_of=row.as_of, version=version
            )
        case "not_a_buyer" | "reopen_deal" | "snooze" | "wrong_company":
            return episode


def _claimed(episode: Episode, action: AlertAction, row: Account, *, version: Version) -> Episode:
    card: AlertCard = replace(
        episode.card,
        status="claimed",
        claimed_by=action.actor,
        claimed_at=action.at,
        version=version,
        as_of=row.as_of,
    )
    return replace(episode, status="claimed", card=card, reset_at=action.at)
