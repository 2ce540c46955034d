"""Alerts by episode: one return of one lost deal's account. Thresholds are decided once, with what is known then.

An episode opens at the digest's strength when none is open, and only what happened opens or raises one: neither new
rules nor the sliding of the window. Its level only rises; what follows edits the same alert. A real-time announcement
is silent within the cool-down of the account's last one, unless a new person, a request or a read answer breaks
through.
"""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel
from schemas.deals import DealFacts
from schemas.ids import post_id_of
from schemas.posts import AlertUpdate, Post
from streams.core.account_row import EPISODES, Account, Episode, Posted
from streams.core.account_view import AccountView, view_of
from streams.core.alert_actions import IN_WORK, ended
from streams.core.alert_card import alert_card, as_told, is_same
from streams.core.days import DAY_MS, HOUR_MS
from streams.core.returns import CUSTOMER, OPEN_DEAL
from streams.core.returns_rules import ReturnsRules
from streams.core.rules import Rules

__all__ = ["posts_of", "raised", "updates_of", "wakes_at"]

MAX_EPISODES: Final = 16
MAX_ANNOUNCED: Final = 128


def raised(
    key: str, row: Account, *, news: bool, version: Version, rules: Rules, former: int | None = None
) -> tuple[Account, AccountView]:
    """The row with its alert opened, raised, edited or closed, and its view. `news`: more than time has passed.

    `former`: the `as_of` before, where nothing came but time and other rules; then nobody is told because of these.
    """
    view = view_of(row, rules)
    left = tuple(_left(one, row, view, version=version, rules=rules) for one in row.episodes)
    if left != row.episodes:
        row = replace(row, episodes=left)
        view = view_of(row, rules)  # R counts anew
    deal, strength = view.deal, view.strength
    if deal is None or strength is None:
        return row, view
    held = next((one for one in row.episodes if one.deal_id == deal.deal_id and one.status in IN_WORK), None)
    if former is not None and not _time_ends_it(row, held, view, former=former, rules=rules):
        return _recomputed(row, held, view, former=former, rules=rules), view
    if strength.level is None or (held is None and not news):
        return _counted(row, held, view), view
    rises = strength.level == "real_time" and (news or (held is not None and held.waiting))
    was_real_time = held is not None and held.level == "real_time"
    announces = rises and not was_real_time and not _is_silent(row, view, rules.returns)
    level: AlertLevel = "real_time" if announces or was_real_time else "digest"
    card = alert_card(
        key, row, view, deal=deal, strength=strength, episode=_number(row, held, deal), level=level, version=version,
        rules=rules,
    )  # fmt: skip
    episode = _opened(card, view) if held is None else _edited(held, card, view)
    episode = _posted(replace(episode, waiting=rises and level == "digest"), row, version=version, rules=rules)
    row = replace(row, episodes=_bounded([episode, *(one for one in row.episodes if one is not held)]))
    return (_announced(row, view) if announces else row), view


def wakes_at(row: Account, rules: ReturnsRules) -> int | None:
    """When an alert changes without an event: it expires, or the cool-down that it waits for ends."""
    times = [one.counted_at + rules.expires_days * DAY_MS for one in row.episodes if one.status in IN_WORK]
    if row.announced_at is not None and any(one.waiting for one in row.episodes):
        times.append(row.announced_at + rules.cool_down_hours * HOUR_MS)
    return min((at for at in times if at > row.as_of), default=None)


def posts_of(row: Account, *, since: Version) -> tuple[Post, ...]:
    """Posts that a message of version `since` (or a later one) decided: said now, and again if it comes again."""
    return tuple(
        Post(
            to=posted.recipient_id,
            post_id=post_id_of(episode.card.alert_id, posted.level, posted.recipient_id),
            level=posted.level,
            at=posted.at,
            alert=episode.card,
        )
        for episode in row.episodes
        for posted in episode.posts
        if posted.version >= since
    )


def updates_of(row: Account, *, since: Version) -> tuple[AlertUpdate, ...]:
    """What became of alerts that are not open any more, to everybody who was posted to."""
    return tuple(
        AlertUpdate(to=to, alert=episode.card)
        for episode in row.episodes
        if episode.card.version >= since and episode.card.status != "open"
        for to in sorted({posted.recipient_id for posted in episode.posts})
    )


def _left(episode: Episode, row: Account, view: AccountView, *, version: Version, rules: Rules) -> Episode:
    """The episode, closed if nobody came back for long or its deal is watched no longer."""
    if episode.status not in IN_WORK:
        return episode
    quiet_until = episode.counted_at + rules.returns.expires_days * DAY_MS
    if row.as_of >= quiet_until:
        return ended(
            episode, status="expired", reason="no visit since", at=quiet_until, as_of=row.as_of, version=version
        )
    if view.not_candidate in (CUSTOMER, OPEN_DEAL):
        return ended(episode, status="done", reason=view.not_candidate, at=row.as_of, as_of=row.as_of, version=version)
    if view.deal is None or view.deal.deal_id != episode.deal_id:
        reason = "the deal left this account" if view.deal is None else "another deal was lost later"
        return ended(episode, status="dismissed", reason=reason, at=row.as_of, as_of=row.as_of, version=version)
    return episode


def _number(row: Account, held: Episode | None, deal: DealFacts) -> int:
    """Of the episode that is open, else the next of this deal."""
    if held is not None:
        return held.number
    return 1 + max((one.number for one in row.episodes if one.deal_id == deal.deal_id), default=EPISODES * deal.moved)


def _opened(card: AlertCard, view: AccountView) -> Episode:
    return Episode(
        deal_id=card.deal.deal_id,
        number=card.episode,
        raised_at=card.raised_at,
        level=card.level,
        status="open",
        counted_at=view.counted.freshest_at,
        card=card,
        real_time_at=card.real_time_at,
    )


def _edited(held: Episode, card: AlertCard, view: AccountView) -> Episode:
    """The open episode with what is new: the same alert."""
    real_time_at = held.real_time_at if held.level == "real_time" else card.real_time_at
    told = as_told(card, held.card, status=held.status, real_time_at=real_time_at)
    return replace(
        held,
        level=card.level,
        real_time_at=real_time_at,
        counted_at=max(held.counted_at, view.counted.freshest_at),
        card=held.card if is_same(held.card, told) else told,
    )


def _posted(episode: Episode, row: Account, *, version: Version, rules: Rules) -> Episode:
    """The episode, posted once at its level to whom the deal belongs."""
    if any(posted.level == episode.level for posted in episode.posts):
        return episode
    owner = episode.card.deal.owner
    to = rules.routing.rules.team if owner is None else owner.recipient_id
    return replace(episode, posts=(*episode.posts, Posted(episode.level, to, row.as_of, version)))


def _counted(row: Account, held: Episode | None, view: AccountView) -> Account:
    """Too weak to say anything new, but somebody came: the episode lives on."""
    if held is None or view.counted.freshest_at <= held.counted_at:
        return row
    lives = replace(held, counted_at=view.counted.freshest_at)
    return replace(row, episodes=tuple(lives if one is held else one for one in row.episodes))


def _time_ends_it(row: Account, held: Episode | None, view: AccountView, *, former: int, rules: Rules) -> bool:
    """Whether the cool-down lasted under these rules too when the row was folded last, and is over by time alone."""
    return _still_waits(row, held, view, former=former, rules=rules) and not _is_silent(row, view, rules.returns)


def _still_waits(row: Account, held: Episode | None, view: AccountView, *, former: int, rules: Rules) -> bool:
    return held is not None and held.waiting and _is_silent(replace(row, as_of=former), view, rules.returns)


def _recomputed(row: Account, held: Episode | None, view: AccountView, *, former: int, rules: Rules) -> Account:
    """New rules alone say nothing. A wait that they end, what comes next announces; another goes on."""
    if held is None or not held.waiting or _still_waits(row, held, view, former=former, rules=rules):
        return row
    waits_no_more = replace(held, waiting=False)
    return replace(row, episodes=tuple(waits_no_more if one is held else one for one in row.episodes))


def _break_keys(view: AccountView) -> set[str]:
    """What breaks through the cool-down, once per person and kind."""
    counted = view.counted
    return (
        {f"person:{lead_id}" for lead_id in counted.leads}
        | {f"request:{lead_id}" for lead_id in counted.requests}
        | {f"answer:{lead_id}" for lead_id in counted.answered}
    )


def _is_silent(row: Account, view: AccountView, rules: ReturnsRules) -> bool:
    """Within the cool-down of the last real-time announcement, with nothing in it that was not announced."""
    if row.announced_at is None or row.as_of - row.announced_at >= rules.cool_down_hours * HOUR_MS:
        return False
    return _break_keys(view) <= row.announced.keys()


def _announced(row: Account, view: AccountView) -> Account:
    """The row, remembering what this announcement said."""
    said = row.announced | dict.fromkeys(_break_keys(view), row.as_of)
    kept = sorted(said, key=lambda one: (said[one], one), reverse=True)[:MAX_ANNOUNCED]
    return replace(row, announced_at=row.as_of, announced={one: said[one] for one in sorted(kept)})


def _bounded(episodes: list[Episode]) -> tuple[Episode, ...]:
    """At most 16, newest first; the last one of a deal is never let go, so that no number is given twice."""
    ordered = sorted(episodes, key=lambda one: (one.raised_at, one.deal_id, one.number), reverse=True)
    last = {(one.deal_id, max(other.number for other in ordered if other.deal_id == one.deal_id)) for one in ordered}
    return tuple(one for place, one in enumerate(ordered) if place < MAX_EPISODES or (one.deal_id, one.number) in last)
