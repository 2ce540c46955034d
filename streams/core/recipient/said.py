"""What a recipient's row says: dues to channels, posts and news for deputies. Of what is settled little is kept."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import AlertUpdate, PostMessage
from streams.core.days import DAY_MS
from streams.core.effects import Due, Effects
from streams.core.recipient.digest import digest_of, next_digest
from streams.core.recipient.edits import bounded_edits, edit_dues, edits_due, edits_wake
from streams.core.recipient.news import news_said, news_wakes
from streams.core.recipient.pacing import opens_at, passed
from streams.core.recipient.place import Place, is_away
from streams.core.recipient.row import Kept, Recipient

__all__ = ["bounded", "due_again", "said", "wakes_at", "without_settled"]

MAX_WAITING: Final = 96
MAX_SETTLED: Final = 256
PASSED_MS: Final = DAY_MS  # what went to a deputy is said again if its message comes again in this time


def due_again(row: Recipient, place: Place, *, version: Version) -> Recipient:
    """The row with what is due now: for the first time, or because no receipt came."""
    posts = {name: _said_now(kept, row, place, version=version) for name, kept in row.posts.items()}
    digests = {
        name: replace(one, said_at=row.now, said_by=version)
        if place.owed_digest(one) and _is_late(one.said_at, row, place)
        else one
        for name, one in row.digests.items()
    }
    return replace(row, posts=posts, digests=digests, edits=edits_due(row, place, version=version))


def without_settled(row: Recipient, place: Place) -> Recipient:
    """The row without digests that have their receipts, and without the cards of posts that nobody is owed."""
    row = replace(row, digests={name: one for name, one in row.digests.items() if place.owed_digest(one)})
    posts = {
        name: replace(kept, post=None) if _is_settled(kept, row, place) else kept for name, kept in row.posts.items()
    }
    return replace(row, posts=posts)


def bounded(row: Recipient) -> tuple[Recipient, tuple[str, ...]]:
    """The row with at most 96 posts that wait, 256 that are settled and 64 edits, and the bounds that were met.

    What went to a deputy leaves first, then what waits for a digest, the oldest first.
    """
    row, edits = bounded_edits(row)
    waiting = [name for name, kept in row.posts.items() if kept.post is not None]
    settled = [name for name, kept in row.posts.items() if kept.post is None]
    if len(waiting) <= MAX_WAITING and len(settled) <= MAX_SETTLED:
        return row, edits
    waiting.sort(key=lambda name: (_LASTING.index(row.posts[name].way), row.posts[name].at, name))
    pushed_out = waiting[: max(len(waiting) - MAX_WAITING, 0)]
    settled.sort(key=lambda name: (row.posts[name].at, name))
    forgotten = {*settled[: max(len(settled) + len(pushed_out) - MAX_SETTLED, 0)]}
    gone = {name: replace(row.posts[name], post=None, way="left_out") for name in pushed_out}
    posts = {name: gone.get(name, kept) for name, kept in row.posts.items() if name not in forgotten}
    met = any(row.posts[name].way != "passed_on" for name in pushed_out)
    return replace(row, posts=posts), (*(("posts",) if met else ()), *edits)


def wakes_at(row: Recipient, place: Place) -> int | None:
    """When something changes here without a message."""
    times = [place.again_at(one.said_at) for one in row.digests.values() if place.owed_digest(one)]
    times += edits_wake(row, place)
    times += news_wakes(row, place)
    for kept in row.posts.values():
        if place.owed_at_once(kept):
            times.append(place.again_at(kept.said_at))
        if place.owed_message(kept):
            times.append(place.again_at(kept.told_at))
        if kept.post is not None and kept.way == "waits":
            times.append(opens_at(kept, row, place))
    if (digest := next_digest(row, place)) is not None:
        times.append(digest)
    if times and row.absence is not None and not is_away(row, row.as_of):
        times.append(row.absence.begins)
    return min((at for at in times if at > row.as_of), default=None)


def said(row: Recipient, place: Place, messages: Iterable[PostMessage], *, since: Version) -> Effects:
    """What a message of version `since` or a later one made due, and what `messages` say to deputies."""
    dues = [due for kept in row.posts.values() for due in _dues(kept, place, since)]
    dues += news_said(row, place, since=since)
    dues += [
        Due(channel, digest_of(name, row, place))
        for name, one in row.digests.items()
        if one.said_by >= since
        for channel in place.owed_digest(one)
    ]
    dues += edit_dues(row, place, since=since)
    posts = [
        post
        for kept in row.posts.values()
        if kept.told_by is not None and kept.told_by >= since and (post := passed(kept, place)) is not None
    ]
    return Effects(dues=tuple(dues), posts=(*posts, *_forwarded(row, messages, since)))


_LASTING: Final = ("passed_on", "left_out", "nowhere", "digest", "digested", "waits", "message")


def _said_now(kept: Kept, row: Recipient, place: Place, *, version: Version) -> Kept:
    if place.owed_at_once(kept) and (kept.said_by is None or _is_late(kept.said_at, row, place)):
        kept = replace(kept, said_at=row.now, said_by=version)
    if place.owed_message(kept) and _is_late(kept.told_at, row, place):
        kept = replace(kept, told_at=row.now, told_by=version)
    return kept


def _is_late(said_at: int, row: Recipient, place: Place) -> bool:
    return row.now >= place.again_at(said_at)


def _is_settled(kept: Kept, row: Recipient, place: Place) -> bool:
    """Whether nothing of its card will be needed."""
    if place.owed_at_once(kept):
        return False
    match kept.way:
        case "message":
            return not place.owed_message(kept)
        case "digested":
            return kept.went_to not in row.digests
        case "passed_on":
            return row.as_of >= kept.told_at + PASSED_MS
        case way:
            return way in ("left_out", "nowhere")


def _dues(kept: Kept, place: Place, since: Version) -> list[Due]:
    if kept.post is None:
        return []
    names: tuple[str, ...] = ()
    if kept.said_by is not None and kept.said_by >= since:
        names += place.owed_at_once(kept)
    if kept.told_by is not None and kept.told_by >= since:
        names += place.owed_message(kept)
    return [Due(name, kept.post) for name in names]


def _forwarded(row: Recipient, messages: Iterable[PostMessage], since: Version) -> tuple[AlertUpdate, ...]:
    """What became of alerts that deputies were told of. Only news goes on, so that it runs in no circle."""
    told = (one for one in messages if isinstance(one, AlertUpdate))
    updates = {one.alert.alert_id: one for one in told if _is_news(one, row, since)}
    ways = {(kept.alert_id, kept.went_to) for kept in row.posts.values() if kept.way == "passed_on"}
    return tuple(replace(updates[name], to=to) for name, to in sorted(ways) if name in updates)


def _is_news(update: AlertUpdate, row: Recipient, since: Version) -> bool:
    became = row.became.get(update.alert.alert_id)
    return became is not None and became.version == update.alert.version and became.heard_by >= since
