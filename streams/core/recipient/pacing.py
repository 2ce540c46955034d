"""When a post is told on channels that keep hours: now, at the next opening, in the digest, to a deputy, or not at all.

Decided once, with what is known then. Outside the hours of work a post waits for the next opening, unless somebody
asked for a talk. Of a local day's real-time messages the sixth and later ones go to the digest. What counts for that is
what tells of a return; requests do not count, and neither do reminders and escalations: of these an alert has only a
few, and one that is put off to the next day would hide that nobody took the alert.
"""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.ids import post_id_of
from schemas.posts import Post
from streams.core.recipient.place import Place, is_away
from streams.core.recipient.row import Kept, Recipient, Way
from streams.core.returns.strength import lost_at
from streams.core.rulebook.returns_rules import ReturnsRules

__all__ = ["decided", "is_over", "opens_at", "passed", "worth"]

UNCOUNTED: Final = ("reminder", "escalation", "taken")


def decided(row: Recipient, place: Place, *, version: Version) -> Recipient:
    """The row with all that waits decided as of its time: what is worth most comes first."""
    today = place.time.day(row.as_of)
    if today != row.day:
        row = replace(row, day=today, told_today=0)
    waiting = [name for name, kept in row.posts.items() if kept.post is not None and kept.way in _UNDECIDED]
    for post_id in sorted(waiting, key=lambda name: (worth(row.posts[name], place.rules.returns), name)):
        kept = row.posts[post_id]
        way = _way_of(kept, row, place)
        if way == kept.way:
            continue
        went_to = _deputy(kept, row, place) if way == "passed_on" else ""
        told = replace(kept, way=way, told_at=row.as_of, told_by=version, went_to=went_to)
        row = replace(row, posts=row.posts | {post_id: told}, told_today=row.told_today + _counts(kept, way))
    return row


def opens_at(kept: Kept, row: Recipient, place: Place) -> int:
    """When a post that waits is decided."""
    absence = row.absence
    there = row.as_of if absence is None or not is_away(row, row.as_of) else absence.ends
    return there if _is_urgent(kept.post) else place.time.next_open(there)


def passed(kept: Kept, place: Place) -> Post | None:
    """The post as a deputy's row hears it; `detail` says for whom it was."""
    post = kept.post
    if post is None or kept.way != "passed_on":
        return None
    occasion = f"deputy:{post.post_id}"
    return replace(
        post,
        to=kept.went_to,
        post_id=post_id_of(post.alert.alert_id, post.level, kept.went_to, occasion=occasion),
        at=kept.told_at,
        occasion="deputy",
        detail=place.recipient_id,
    )


def worth(kept: Kept, rules: ReturnsRules) -> tuple[float, int, int, str]:
    """Order of alerts: R x amount, then greater R, then lost earlier, then account_id. The least comes first."""
    if kept.post is None:
        return 0.0, 0, 0, ""
    alert = kept.post.alert
    strength = alert.strength.strength
    amount = rules.amount(alert.deal.amount, alert.deal.currency)
    return -strength * amount, -strength, lost_at(alert.deal), alert.account_id


def is_over(alert: AlertCard, row: Recipient) -> bool:
    """Whether it was claimed, snoozed or closed after it was told so. Who claims hears of that claim again later."""
    became = row.became.get(alert.alert_id)
    if became is None or became.version <= alert.version:
        return alert.status not in _IN_WORK
    if became.status not in _IN_WORK:
        return True
    return became.status == "claimed" and (alert.status, alert.claimed_by) != ("claimed", became.claimed_by)


_UNDECIDED: Final = ("waits", "digest", "message")
_IN_WORK: Final = ("open", "claimed")


def _way_of(kept: Kept, row: Recipient, place: Place) -> Way:
    """What becomes of a post now."""
    post = kept.post
    if post is None:
        return kept.way
    if is_over(post.alert, row):
        return "left_out"
    if kept.way == "message":
        return "message"
    if is_away(row, row.as_of) and _deputy(kept, row, place):
        return "passed_on"
    if kept.way == "digest" or kept.level == "digest":
        return "digest" if place.paced["digest"] else "nowhere"
    return _real_time(kept, row, place) if place.paced["real_time"] else "nowhere"


def _real_time(kept: Kept, row: Recipient, place: Place) -> Way:
    if is_away(row, row.as_of):
        return "waits"
    if _is_urgent(kept.post):
        return "message"
    if not place.time.is_open(row.as_of):
        return "waits"
    over = row.told_today >= place.routing.most_a_day
    return "digest" if over and _counts(kept, "message") else "message"


def _counts(kept: Kept, way: Way) -> bool:
    """Whether it is one of the real-time messages of a day."""
    post = kept.post
    return way == "message" and post is not None and not _is_urgent(post) and post.occasion not in UNCOUNTED


def _is_urgent(post: Post | None) -> bool:
    """Somebody asked for a talk, and nobody was told so before."""
    return post is not None and post.alert.fast_pass and post.occasion != "taken"


def _deputy(kept: Kept, row: Recipient, place: Place) -> str:
    """Who hears instead, "" for nobody: what came to a deputy goes to the team, and never further."""
    deputy = "" if row.absence is None else row.absence.deputy
    if deputy and kept.post is not None and kept.post.occasion == "deputy":
        deputy = place.routing.team
    return "" if deputy == place.recipient_id else deputy
