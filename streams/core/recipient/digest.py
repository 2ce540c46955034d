"""The digest: 08:30 on days of work, none when empty. The best ten alerts, and in the week's first one what is ahead.

It tells alerts of the digest's level and those over a day's most, each once at its level. What is not among the best
waits for the next one, and what an alert became meanwhile is left out. What is ahead is told once for each date.
"""

from typing import Final, Literal

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertLevel
from schemas.ids import digest_id_of
from schemas.posts import Ahead, Digest
from streams.core.days import DAY_MS
from streams.core.recipient.heard import WEEK_MS
from streams.core.recipient.pacing import worth
from streams.core.recipient.place import Place, is_away
from streams.core.recipient.row import Digested, Expected, Kept, Recipient
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["composed", "digest_of", "next_digest"]

MAX_DIGESTS: Final = 8
MAX_AHEAD: Final = 20
REPEATING: Final = ("broke_through", "escalation", "reminder", "woke")  # these say something new of an alert


def composed(row: Recipient, place: Place, *, since: int, version: Version) -> tuple[Recipient, tuple[str, ...]]:
    """The row with the digest that fell due after `since`, of several the last, and the bounds that were met."""
    at = place.time.latest_at(row.as_of, place.routing.hours.digest_at)
    if at <= since or is_away(row, at) or not place.paced["digest"]:
        return row, ()
    row = _without_repeats(row)
    groups = _groups(row, at)
    best = sorted(groups.values(), key=lambda names: (worth(row.posts[names[0]], place.rules.returns), names[0]))
    shown = best[: place.routing.digest_most]
    week = _week_began(row, at, since=since, place=place)
    ahead = () if week is None else _ahead(row, week, place.rules.returns)
    if not shown and not ahead:
        return row, ()
    digest_id = digest_id_of(place.recipient_id, place.time.day(at))
    one = Digested(
        at, tuple(names[0] for names in shown), ahead, len(best) - len(shown), said_at=row.as_of, said_by=version
    )
    covered = [name for names in shown for name in names]
    posts = {name: replace(row.posts[name], way="digested", told_at=at, told_by=version, went_to=digest_id)
             for name in covered}  # fmt: skip
    kept = sorted((row.digests | {digest_id: one}).items(), key=lambda item: (item[1].at, item[0]))
    told = {name: _told(row.outlooks[name], ahead) for name in {one.account_id for one in ahead}}
    row = replace(row, posts=row.posts | posts, digests=dict(kept[-MAX_DIGESTS:]), outlooks=row.outlooks | told)
    return row, ("digests",) if len(kept) > MAX_DIGESTS else ()


def digest_of(digest_id: str, row: Recipient, place: Place) -> Digest:
    """A digest as channels deliver it."""
    one = row.digests[digest_id]
    found = [row.posts[name].post for name in one.shown if name in row.posts]
    posts = tuple(post for post in found if post is not None)
    return Digest(
        to=place.recipient_id, post_id=digest_id, at=one.at, posts=posts, ahead=one.ahead, waiting=one.waiting
    )


def next_digest(row: Recipient, place: Place) -> int | None:
    """When the next one is due, None where nothing is known that it would tell."""
    if not place.paced["digest"]:
        return None
    clock, since = place.routing.hours.digest_at, row.as_of
    if row.absence is not None and is_away(row, since):
        since = row.absence.ends - 1
    times = [place.time.next_at(since, clock)] if any(_waits(kept) for kept in row.posts.values()) else []
    rules = place.rules.returns
    dates = [one for expected in row.outlooks.values() for one in _dates(expected) if one.at > since - WEEK_MS]
    if dates:
        first = min(one.at - _before(one, rules) for one in dates)
        times.append(place.time.next_week(max(since, first - 1), clock))
    return min(times, default=None)


def _waits(kept: Kept) -> bool:
    return kept.post is not None and kept.way == "digest"


def _waits_since(kept: Kept) -> int:
    """Since when it waits for a digest: what is over a day's most since that was decided."""
    return kept.at if kept.level == "digest" else kept.told_at


def _groups(row: Recipient, at: int) -> dict[str, list[str]]:
    """Posts that wait for the digest of `at`, by alert: the one to show is the first, at the highest level, newest."""
    names = [name for name, kept in row.posts.items() if _waits(kept) and _waits_since(kept) <= at]
    groups: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda one: (_freshness(row.posts[one]), one), reverse=True):
        groups.setdefault(row.posts[name].alert_id, []).append(name)
    return groups


def _freshness(kept: Kept) -> tuple[str, int, int]:
    version = Version(0, 0) if kept.post is None else kept.post.alert.version
    return kept.level, version.epoch, version.offset  # "digest" < "real_time"


def _without_repeats(row: Recipient) -> Recipient:
    """The row without what would be told again at the same level or below."""
    told = {(kept.alert_id, kept.level) for kept in row.posts.values() if kept.way in ("digested", "message")}
    again = {
        name: replace(kept, way="left_out")
        for name, kept in row.posts.items()
        if _waits(kept) and _is_known(kept, told) and kept.post is not None and kept.post.occasion not in REPEATING
    }
    return replace(row, posts=row.posts | again) if again else row


def _is_known(kept: Kept, told: set[tuple[str, AlertLevel]]) -> bool:
    levels: tuple[AlertLevel, ...] = ("real_time",) if kept.level == "real_time" else ("digest", "real_time")
    return any((kept.alert_id, level) in told for level in levels)


def _week_began(row: Recipient, at: int, *, since: int, place: Place) -> int | None:
    """When the week of this digest had its first one, None where that was not after `since`, or nobody was there."""
    first = place.time.first_of_week(at, place.routing.hours.digest_at)
    return first if since < first <= at and not is_away(row, first) else None


def _ahead(row: Recipient, at: int, rules: ReturnsRules) -> tuple[Ahead, ...]:
    """What falls due by then and was not told, the earliest first. A week late is better than never."""
    found = [one for expected in row.outlooks.values() for one in _dates(expected)]
    due = [one for one in found if at - WEEK_MS < one.at <= at + _before(one, rules)]
    return tuple(sorted(due, key=lambda one: (one.at, one.account_id, one.reason))[:MAX_AHEAD])


def _dates(expected: Expected) -> list[Ahead]:
    """Dates of an account that no digest named."""
    outlook = expected.outlook
    if outlook is None or outlook.deal is None:
        return []
    said: tuple[tuple[Literal["contract_ends", "hold_ends"], int | None], ...] = (
        ("contract_ends", outlook.contract_ends_at), ("hold_ends", outlook.hold_ends_at),
    )  # fmt: skip
    return [
        Ahead(
            account_id=outlook.account_id, account_name=outlook.account_name, deal=outlook.deal, reason=reason, at=at,
        )
        for reason, at in said
        if at is not None and expected.told.get(reason) != at
    ]  # fmt: skip


def _before(one: Ahead, rules: ReturnsRules) -> int:
    """How long before its date it is told."""
    days = rules.hold_ahead_days if one.reason == "hold_ends" else rules.contract_ahead_days
    return days * DAY_MS


def _told(expected: Expected, ahead: tuple[Ahead, ...]) -> Expected:
    outlook = expected.outlook
    if outlook is None:
        return expected
    named = {one.reason: one.at for one in ahead if one.account_id == outlook.account_id}
    return replace(expected, told=dict(sorted((expected.told | named).items())))
