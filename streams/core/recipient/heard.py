"""What a recipient's row hears: posts, receipts, what became of alerts, outlooks, absences. Joins only."""

from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import json
from msgspec.structs import replace

from schemas.activity import Version
from schemas.ids import is_edit, is_lead_news
from schemas.posts import Absence, AlertUpdate, LeadNews, Outlook, Post, PostMessage, Receipt
from schemas.signals import PersonErased
from schemas.touches import Tick
from streams.core.days import DAY_MS
from streams.core.recipient.edits import edits_heard, edits_received
from streams.core.recipient.news import news_forgotten, news_heard, news_received
from streams.core.recipient.receipts import with_receipt
from streams.core.recipient.row import Became, Expected, Kept, Recipient

__all__ = ["WEEK_MS", "heard"]

MAX_BECAME: Final = 256
MAX_OUTLOOKS: Final = 256
NEVER: Final = 2**62
WEEK_MS: Final = 7 * DAY_MS  # so long after its date something may still be told

V = TypeVar("V")


def heard(row: Recipient, messages: Iterable[PostMessage], *, version: Version) -> tuple[Recipient, tuple[str, ...]]:
    """The row with what came, and the bounds that were met."""
    for message in messages:
        row = _with(row, message, version)
    outlooks, became = _bounded_outlooks(row), _bounded_became(row)
    lost = any(one.outlook is not None for name, one in row.outlooks.items() if name not in outlooks)
    return replace(row, outlooks=outlooks, became=became), ("outlooks",) if lost else ()


def _with(row: Recipient, message: PostMessage, version: Version) -> Recipient:
    match message:
        case AlertUpdate():
            told = _told(replace(row, as_of=max(row.as_of, message.alert.as_of)), message, version)
            return replace(told, posts=_scrubbed(told.posts, message)) if message.scrubbed else told
        case PersonErased():
            return news_forgotten(row)
        case _:
            return _timely(replace(row, as_of=max(row.as_of, message.at)), message)


def _timely(row: Recipient, message: Post | LeadNews | Receipt | Outlook | Absence | Tick) -> Recipient:
    match message:
        case Post() | LeadNews():
            return _due(row, message)
        case Receipt():
            return _received(row, message)
        case Outlook():
            return replace(row, outlooks=_expected(row.outlooks, message))
        case Absence():
            return replace(row, absence=_newest(row.absence, message))
        case Tick():
            return replace(row, clock=max(row.clock, message.now))


def _due(row: Recipient, message: Post | LeadNews) -> Recipient:
    if isinstance(message, Post):
        return replace(row, posts=_posted(row.posts, message))
    return news_heard(row, message)


def _posted(posts: dict[str, Kept], post: Post) -> dict[str, Kept]:
    """Of two tellings of one post the newer alert; what is settled stays so."""
    kept = posts.get(post.post_id, Kept())
    if kept.alert_id and (kept.post is None or post.alert.version <= kept.post.alert.version):
        return posts
    told = replace(kept, post=post, at=post.at, alert_id=post.alert.alert_id, level=post.level)
    return _put(posts, post.post_id, told)


def _received(row: Recipient, receipt: Receipt) -> Recipient:
    """The receipt at its post, edit or news; that of a digest at all posts that went there."""
    if is_lead_news(receipt.post_id):
        return news_received(row, receipt)
    if is_edit(receipt.post_id):
        return replace(row, edits=edits_received(row, receipt))
    if (digest := row.digests.get(receipt.post_id)) is not None:
        outcomes = with_receipt(digest.outcomes, receipt)
        covered = [post_id for post_id, kept in row.posts.items() if kept.went_to == receipt.post_id]
        marked = {
            one: replace(row.posts[one], outcomes=with_receipt(row.posts[one].outcomes, receipt)) for one in covered
        }
        digests = row.digests | {receipt.post_id: replace(digest, outcomes=outcomes)}
        return replace(row, digests=digests, posts=row.posts | marked)
    if receipt.post_id.startswith("di_"):
        return row  # all its receipts have come
    kept = row.posts.get(receipt.post_id, Kept())
    at = kept.at if kept.alert_id else max(kept.at, receipt.at)
    kept = replace(kept, at=at, outcomes=with_receipt(kept.outcomes, receipt))
    return replace(row, posts=_put(row.posts, receipt.post_id, kept))


def _told(row: Recipient, update: AlertUpdate, version: Version) -> Recipient:
    """The row with what became of an alert: the newest card wins."""
    alert, held = update.alert, row.became.get(update.alert.alert_id)
    if held is not None and alert.version <= held.version:
        return row
    now = Became(
        alert.version, alert.as_of, alert.status, alert.claimed_by, version, alert.updates, alert.snoozed_until,
        alert.hold_until,
    )  # fmt: skip
    return replace(row, edits=edits_heard(row, alert), became=_put(row.became, alert.alert_id, now))


def _scrubbed(posts: dict[str, Kept], update: AlertUpdate) -> dict[str, Kept]:
    """What waits, without somebody who was erased."""
    alert = update.alert
    return {
        post_id: replace(kept, post=replace(kept.post, alert=alert))
        if kept.post is not None and kept.alert_id == alert.alert_id and kept.post.alert.version < alert.version
        else kept
        for post_id, kept in posts.items()
    }


def _expected(outlooks: dict[str, Expected], outlook: Outlook) -> dict[str, Expected]:
    held = outlooks.get(outlook.account_id)
    if held is not None and outlook.version <= held.version:
        return outlooks
    told = {} if held is None else held.told
    body = None if outlook.deal is None else outlook
    return _put(outlooks, outlook.account_id, Expected(outlook.version, body, told))


def _newest(held: Absence | None, said: Absence) -> Absence:
    """The newest `at` wins, ties by value."""
    return said if held is None else max(held, said, key=lambda one: (one.at, json.encode(one)))


def _bounded_became(row: Recipient) -> dict[str, Became]:
    """At most 256: those of alerts that wait here, then the newest."""
    if len(row.became) <= MAX_BECAME:
        return row.became
    waiting = {kept.alert_id for kept in row.posts.values() if kept.post is not None}
    ordered = sorted(row.became, key=lambda one: (one in waiting, row.became[one].as_of, one), reverse=True)
    return {one: row.became[one] for one in sorted(ordered[:MAX_BECAME])}


def _bounded_outlooks(row: Recipient) -> dict[str, Expected]:
    """At most 256: the nearest dates ahead, and of what is over or was withdrawn what there is room for."""
    outlooks = row.outlooks
    if len(outlooks) <= MAX_OUTLOOKS:
        return outlooks
    ordered = sorted(outlooks, key=lambda one: (_next_date(outlooks[one].outlook, row.as_of), one))
    return {one: outlooks[one] for one in sorted(ordered[:MAX_OUTLOOKS])}


def _next_date(outlook: Outlook | None, as_of: int) -> int:
    if outlook is None:
        return NEVER + 1
    dates = (outlook.hold_ends_at, outlook.contract_ends_at)
    return min((at for at in dates if at is not None and at > as_of - WEEK_MS), default=NEVER)


def _put(held: dict[str, V], key: str, value: V) -> dict[str, V]:
    """In one order, whatever came first."""
    return dict(sorted((held | {key: value}).items()))
