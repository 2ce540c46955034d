"""How an episode ends: answered, dismissed, expired, or overtaken by a deal; and what its alert counts as then."""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCounts, AlertOutcome, AlertStatus
from streams.core.account.row import Account, Episode
from streams.core.account.view import AccountView
from streams.core.alert.words import contact_from
from streams.core.days import DAY_MS
from streams.core.returns.strength import CUSTOMER, EXCLUDED, OPEN_DEAL
from streams.core.rules import Rules

__all__ = ["DEAL_LEFT", "IN_WORK", "ended", "left", "quiet_until"]

DEAL_LEFT: Final = "the deal left this account"
IN_WORK: Final = ("open", "claimed", "snoozed")
ASKED: Final = "request"  # the strongest signal of an alert that somebody asked for


def ended(
    episode: Episode, *, status: AlertStatus, outcome: AlertOutcome, reason: str, at: int, as_of: int, version: Version
) -> Episode:
    """The episode, closed at a time from which R counts anew."""
    card = replace(
        episode.card,
        status=status,
        closed_reason=reason,
        closed_at=at,
        snoozed_until=None,
        due_at=None,
        offers=(),
        counts=_counts(episode, outcome),
        version=version,
        as_of=as_of,
    )
    return replace(episode, status=status, card=card, reset_at=at, waiting=False, clock_at=None)


def left(episode: Episode, row: Account, view: AccountView, *, version: Version, rules: Rules) -> Episode:
    """The episode, closed if nobody came back for long or its deal is watched no longer."""
    if episode.status not in IN_WORK:
        return episode
    status, outcome, reason, at = _why(episode, row, view, rules=rules)
    if status is None:
        return episode
    return ended(episode, status=status, outcome=outcome, reason=reason, at=at, as_of=row.as_of, version=version)


def quiet_until(episode: Episode, rules: Rules) -> int:
    """When it expires if nobody comes; what is claimed inside a hold not before its outcome was due."""
    ends, card = episode.counted_at + rules.returns.expires_days * DAY_MS, episode.card
    hold_ends = contact_from(card, rules)
    if episode.status != "claimed" or hold_ends <= (card.claimed_at or 0):
        return ends
    return max(ends, hold_ends + (rules.returns.claim.outcome_days + 1) * DAY_MS)


def _why(
    episode: Episode, row: Account, view: AccountView, *, rules: Rules
) -> tuple[AlertStatus | None, AlertOutcome, str, int]:
    """Status, outcome, reason and time of its end; no status: it goes on."""
    now, why = row.as_of, view.not_candidate
    if why in (CUSTOMER, OPEN_DEAL):
        sold = any(deal.status != "lost" for deal in view.deals)
        return "done", "reopened" if sold else "overtaken", why, now
    if why == EXCLUDED:
        return "dismissed", "dismissed", why, now
    if view.deal is None or view.deal.deal_id != episode.deal_id:
        reason = DEAL_LEFT if view.deal is None else "another deal was lost later"
        return "dismissed", "overtaken", reason, now
    snoozed_until = episode.card.snoozed_until
    if episode.status == "snoozed" and snoozed_until is not None:
        weak = view.strength is None or view.strength.level is None
        over = now >= snoozed_until and weak
        return "expired" if over else None, "expired", "nobody came back after the snooze", snoozed_until
    over_at = quiet_until(episode, rules)
    return "expired" if now >= over_at else None, "expired", "no visit since", over_at


def _counts(episode: Episode, outcome: AlertOutcome) -> AlertCounts:
    """What it counts as. Of equal signals the first in the order of the rules is the strongest."""
    card = episode.card
    strongest = max(card.strength.lines, key=lambda line: line.strength, default=None)
    signal = "" if strongest is None else strongest.signal
    return AlertCounts(
        outcome=outcome,
        level=card.level,
        strongest=ASKED if card.fast_pass else signal,
        rules_version=episode.rules_version,
        sent=any(one.level == card.level for one in episode.posts),
    )
