"""Alerts by episode: one return of one lost deal's account. Thresholds are decided once, with what is known then.

An episode opens at the digest's strength when none is open, and only what happened lately opens or raises one: neither
new rules, nor the sliding of the window, nor an import of the past. Its level only rises; what follows edits the same
alert. A real-time announcement is silent within the cool-down of the account's last one, unless a new person, a request
or a read answer breaks through, once each; what breaks through where all is announced already is told on top of it. A
snoozed episode is silent until it ends, or until somebody asks for a talk.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, ReturnStrength
from schemas.deals import DealFacts, Owner
from streams.core.account.row import EPISODES, Account, Episode
from streams.core.account.view import AccountView, view_of
from streams.core.alert.breaks import announced, is_silent, unannounced
from streams.core.alert.card import alert_card, as_told, is_same
from streams.core.alert.clock import clocked, due_at, rings_at
from streams.core.alert.ends import IN_WORK, left, quiet_until
from streams.core.alert.posts import addressee, posted, raised_to
from streams.core.alert.routing import routed
from streams.core.alert.words import contact_from, worded
from streams.core.days import HOUR_MS
from streams.core.news import is_news
from streams.core.rules import Rules

__all__ = ["raised", "wakes_at"]

MAX_EPISODES: Final = 16


class _Now(Struct, frozen=True, kw_only=True):
    """What a fold decides with. `news`: something happened lately; `woke`: a snooze is over."""

    key: str
    row: Account
    view: AccountView
    deal: DealFacts
    strength: ReturnStrength
    news: bool
    woke: bool
    version: Version
    rules: Rules


def raised(
    key: str, row: Account, *, news_at: int | None, version: Version, rules: Rules, former: int | None = None
) -> tuple[Account, AccountView]:
    """The row with its alerts opened, raised, edited, woken or closed, and its view. `news_at`: of the freshest.

    `former`: the `as_of` before, where nothing came but time and other rules; then nobody is told because of these.
    """
    view = view_of(key, row, rules)
    after = tuple(left(one, row, view, version=version, rules=rules) for one in row.episodes)
    if after != row.episodes:
        row = replace(row, episodes=after)
        view = view_of(key, row, rules)  # R counts anew
    if view.deal is not None and view.strength is not None:
        deal_id = view.deal.deal_id
        held = next((one for one in row.episodes if one.deal_id == deal_id and one.status in IN_WORK), None)
        now = _Now(
            key=key, row=row, view=view, deal=view.deal, strength=view.strength, woke=_wakes(held, row, view),
            news=_is_fresh(news_at, row, view, rules=rules), version=version, rules=rules,
        )  # fmt: skip
        by_rules = former is not None and not _time_speaks(held, now, former=former)
        row = _recomputed(held, now, former=former or 0) if by_rules else _decided(held, now)
    return _kept(row, view, version=version, rules=rules, former=former), view


def wakes_at(row: Account, rules: Rules) -> int | None:
    """When an alert changes without an event: it expires, wakes, speaks, may be acted on, or is reminded of."""
    times = [at for one in row.episodes if one.status in IN_WORK for at in _times(one, row, rules)]
    if row.announced_at is not None and any(one.waiting for one in row.episodes):
        times.append(row.announced_at + rules.returns.cool_down_hours * HOUR_MS)
    return min((at for at in times if at > row.as_of), default=None)


def _times(episode: Episode, row: Account, rules: Rules) -> list[int]:
    card = episode.card
    ends = card.snoozed_until or quiet_until(episode, rules)
    return [at for at in (ends, card.mail_stop_until, rings_at(episode, row, rules)) if at is not None]


def _is_fresh(news_at: int | None, row: Account, view: AccountView, *, rules: Rules) -> bool:
    """Whether what is new, and what counts, is young enough to be told."""
    days = rules.returns.news_days
    return news_at is not None and all(
        is_news(at, as_of=row.as_of, days=days) for at in (news_at, view.counted.freshest_at)
    )


def _wakes(held: Episode | None, row: Account, view: AccountView) -> bool:
    """Whether a snoozed episode wakes now: its time is over, or somebody asked for a talk since."""
    if held is None or held.status != "snoozed" or held.card.snoozed_until is None:
        return False
    return row.as_of >= held.card.snoozed_until or view.counted.asked_at > (held.snoozed_at or 0)


def _decided(held: Episode | None, now: _Now) -> Account:
    """The row with the episode of its deal as it is now."""
    row, view, strength = now.row, now.view, now.strength
    asleep = held is not None and held.status == "snoozed" and not now.woke
    if asleep or strength.level is None or (held is None and not now.news):
        return _lives_on(row, held, view)
    was_real_time = held is not None and held.level == "real_time"
    awaited = held is not None and (held.waiting or now.woke)
    rises = strength.level == "real_time" and (now.news or awaited)
    announces = rises and not was_real_time and not is_silent(row, view, now.rules.returns)
    level: AlertLevel = "real_time" if announces or was_real_time else "digest"
    card = alert_card(
        now.key, row, view, deal=now.deal, strength=strength, episode=_number(row, held, now.deal), level=level,
        version=now.version, rules=now.rules,
    )  # fmt: skip
    episode = _opened(card, now) if held is None else _edited(_awake(held, now), card, now)
    episode = replace(episode, waiting=rises and level == "digest")
    broke = unannounced(row, view) if was_real_time and rises else ()
    episode = _told(episode, now, rises=held is None or held.level != level, broke=broke)
    row = replace(row, episodes=_bounded([episode, *(one for one in row.episodes if one is not held)]))
    return announced(row, view) if announces or broke else row


def _number(row: Account, held: Episode | None, deal: DealFacts) -> int:
    """Of the episode that is open, else the next of this deal."""
    if held is not None:
        return held.number
    return 1 + max((one.number for one in row.episodes if one.deal_id == deal.deal_id), default=EPISODES * deal.moved)


def _opened(card: AlertCard, now: _Now) -> Episode:
    return Episode(
        deal_id=card.deal.deal_id,
        number=card.episode,
        raised_at=card.raised_at,
        level=card.level,
        status="open",
        counted_at=now.view.counted.freshest_at,
        card=worded(card, as_of=now.row.as_of, rules=now.rules),
        real_time_at=card.real_time_at,
    )


def _awake(held: Episode, now: _Now) -> Episode:
    """The episode, back to what it was before its snooze if that is over."""
    if not now.woke:
        return held
    card: AlertCard = replace(
        held.card, status="claimed" if held.card.claimed_by else "open", snoozed_until=None, version=now.version,
        as_of=now.row.as_of,
    )  # fmt: skip
    return replace(held, status=card.status, card=card, clock_at=_starts(card, now))


def _edited(held: Episode, card: AlertCard, now: _Now) -> Episode:
    """The open episode with what is new: the same alert."""
    real_time_at = held.real_time_at if held.level == "real_time" else card.real_time_at
    told = as_told(card, held.card, real_time_at=real_time_at)
    told = worded(told, as_of=now.row.as_of, rules=now.rules)
    return replace(
        held,
        level=card.level,
        real_time_at=real_time_at,
        counted_at=max(held.counted_at, now.view.counted.freshest_at),
        card=held.card if is_same(held.card, told) else told,
        clock_at=now.row.as_of if _is_lifted(held, told, now) else held.clock_at,
    )


def _is_lifted(held: Episode, told: AlertCard, now: _Now) -> bool:
    """Whether somebody asks for a talk inside the hold that a claim waits for: the time to an outcome begins now."""
    return held.status == "claimed" and told.fast_pass and contact_from(held.card, now.rules) > now.row.as_of


def _starts(card: AlertCard, now: _Now) -> int | None:
    """When the claim clock starts: now, if somebody has to claim it."""
    return now.row.as_of if card.status == "open" and card.level == "real_time" else None


def _told(episode: Episode, now: _Now, *, rises: bool, broke: tuple[str, ...]) -> Episode:
    """The episode with its posts: of a new level, of the end of a snooze, of what broke through."""
    at, version = now.row.as_of, now.version
    if rises:
        return _raised(episode, now)
    to = addressee(episode, now.rules)
    if now.woke:
        return posted(episode, to, at=at, version=version, occasion="woke", key=f"woke:{episode.snoozed_at}")
    if broke:
        key, said = f"broke_through:{'+'.join(broke)}", ", ".join(broke)
        return posted(episode, to, at=at, version=version, occasion="broke_through", key=key, detail=said)
    return episode


def _raised(episode: Episode, now: _Now) -> Episode:
    """The episode at a new level: who hears of it is decided now, unless somebody has it already."""
    card, rules = episode.card, now.rules
    copies: tuple[Owner, ...] = ()
    if card.status == "open":
        recipient, copies = routed(
            now.deal.owner, account_owner=now.view.owner, region=now.view.region, alert_id=card.alert_id,
            routing=rules.routing,
        )  # fmt: skip
        card = replace(card, recipient=recipient)
    episode = replace(episode, card=card, rules_version=rules.version, clock_at=_starts(card, now))
    at, version = now.row.as_of, now.version
    episode = raised_to(episode, addressee(episode, rules), at=at, version=version)
    for copy in copies:
        episode = posted(episode, copy.recipient_id, at=at, version=version, occasion="copy")
    return episode


def _lives_on(row: Account, held: Episode | None, view: AccountView) -> Account:
    """Too weak to say anything new, but somebody came: the episode lives on."""
    if held is None or view.counted.freshest_at <= held.counted_at:
        return row
    lives = replace(held, counted_at=view.counted.freshest_at)
    return replace(row, episodes=tuple(lives if one is held else one for one in row.episodes))


def _time_speaks(held: Episode | None, now: _Now, *, former: int) -> bool:
    """Whether time alone ends what kept it silent: a cool-down that lasted under these rules too, or a snooze."""
    if held is None:
        return False
    snoozed_until = held.card.snoozed_until
    if held.status == "snoozed" and snoozed_until is not None:
        return former < snoozed_until <= now.row.as_of
    return _still_waits(held, now, former=former) and not is_silent(now.row, now.view, now.rules.returns)


def _still_waits(held: Episode, now: _Now, *, former: int) -> bool:
    return held.waiting and is_silent(replace(now.row, as_of=former), now.view, now.rules.returns)


def _recomputed(held: Episode | None, now: _Now, *, former: int) -> Account:
    """New rules alone say nothing. A wait that they end, what comes next announces; another goes on."""
    if held is None or not held.waiting or _still_waits(held, now, former=former):
        return now.row
    waits_no_more = replace(held, waiting=False)
    return replace(now.row, episodes=tuple(waits_no_more if one is held else one for one in now.row.episodes))


def _kept(row: Account, view: AccountView, *, version: Version, rules: Rules, former: int | None) -> Account:
    """The row, with what time alone changes about its alerts: reminders, and what may be done now."""
    after = tuple(
        _timely(one, row, view, version=version, rules=rules, former=former) if one.status in IN_WORK else one
        for one in row.episodes
    )
    return row if after == row.episodes else replace(row, episodes=after)


def _timely(
    episode: Episode, row: Account, view: AccountView, *, version: Version, rules: Rules, former: int | None
) -> Episode:
    episode = clocked(episode, row, region=view.region, version=version, rules=rules, former=former)
    due = due_at(episode, rules)
    card: AlertCard = replace(worded(episode.card, as_of=row.as_of, rules=rules), due_at=due)
    by_rules = former is not None and card == replace(worded(episode.card, as_of=former, rules=rules), due_at=due)
    if by_rules or card == episode.card:
        return episode
    return replace(episode, card=replace(card, version=version, as_of=row.as_of))


def _bounded(episodes: list[Episode]) -> tuple[Episode, ...]:
    """At most 16, newest first; the last one of a deal is never let go, so that no number is given twice."""
    ordered = sorted(episodes, key=lambda one: (one.raised_at, one.deal_id, one.number), reverse=True)
    last = {(one.deal_id, max(other.number for other in ordered if other.deal_id == one.deal_id)) for one in ordered}
    return tuple(one for place, one in enumerate(ordered) if place < MAX_EPISODES or (one.deal_id, one.number) in last)
