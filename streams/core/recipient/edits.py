"""What a recipient was told of an alert, edited where it stands: who claimed it, that it is closed, what R is now.

An edit is due at once, on each channel that can edit and that told of the alert; hours, caps and digests are about new
messages, and this is none. Where a post is still under way, its edit follows it. Of two changes only the newer is told.
"""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.ids import edit_id_of
from schemas.posts import Edit, Receipt
from streams.core.days import HOUR_MS
from streams.core.effects import Due
from streams.core.recipient.place import Place
from streams.core.recipient.receipts import with_receipt, without_receipt
from streams.core.recipient.row import Became, Editing, Recipient

__all__ = ["bounded_edits", "edit_dues", "edits_due", "edits_heard", "edits_received", "edits_wake"]

MAX_EDITS: Final = 64
PATIENCE_MS: Final = HOUR_MS  # of messages that were under way: a channel may be slow


def edits_heard(row: Recipient, alert: AlertCard) -> dict[str, Editing]:
    """The edits after a newer card of an alert: one more, if readers would see a difference."""
    held = row.became.get(alert.alert_id)
    shown = alert.status, alert.claimed_by, alert.snoozed_until, alert.updates, alert.hold_until
    if held is not None and _seen(held) == shown:
        return row.edits
    before = row.edits.get(alert.alert_id)
    awaited = {*(() if before is None else before.awaited), *_under_way(row, alert.alert_id)}
    now = Editing(alert, heard_at=row.as_of, awaited=tuple(sorted(awaited)))
    return dict(sorted((row.edits | {alert.alert_id: now}).items()))


def edits_received(row: Recipient, receipt: Receipt) -> dict[str, Editing]:
    """The edits with the receipt of one; that of a card that is not the newest any more says nothing."""
    for alert_id, one in row.edits.items():
        if _id(one, receipt.to) == receipt.post_id:
            return row.edits | {alert_id: replace(one, outcomes=with_receipt(one.outcomes, receipt))}
    return row.edits


def edits_due(row: Recipient, place: Place, *, version: Version) -> dict[str, Editing]:
    """The edits without those that stand everywhere, and with what is due now."""
    after: dict[str, Editing] = {}
    for alert_id, one in row.edits.items():
        owed = _owed(one, row, place)
        if owed and (not set(owed) <= set(one.said_to) or row.now >= place.again_at(one.said_at)):
            after[alert_id] = replace(one, said_at=row.now, said_by=version, said_to=owed)
        elif owed or _is_awaited(one, row, place):
            after[alert_id] = one
    return after


def edits_wake(row: Recipient, place: Place) -> list[int]:
    """When what has no receipt is due again, and when what has no message is waited for no longer."""
    return [
        place.again_at(one.said_at) if _owed(one, row, place) else one.heard_at + PATIENCE_MS
        for one in row.edits.values()
    ]


def edit_dues(row: Recipient, place: Place, *, since: Version) -> list[Due]:
    """Edits that a message of version `since` or a later one made due."""
    return [
        Due(channel, Edit(to=place.recipient_id, post_id=_id(one, place.recipient_id), at=one.alert.as_of,
                          alert=one.alert))
        for one in row.edits.values()
        if one.said_by is not None and one.said_by >= since
        for channel in _owed(one, row, place)
    ]  # fmt: skip


def bounded_edits(row: Recipient) -> tuple[Recipient, tuple[str, ...]]:
    """The row with at most 64 edits under way, the newest, and the bound if it was met."""
    if len(row.edits) <= MAX_EDITS:
        return row, ()
    newest = sorted(row.edits, key=lambda one: (row.edits[one].alert.as_of, one), reverse=True)[:MAX_EDITS]
    return replace(row, edits={one: row.edits[one] for one in sorted(newest)}), ("edits",)


def _seen(held: Became) -> tuple[object, ...]:
    return held.status, held.claimed_by, held.until, held.updates, held.hold_until


def _id(one: Editing, recipient_id: str) -> str:
    return edit_id_of(one.alert.alert_id, recipient_id, one.alert.version)


def _owed(one: Editing, row: Recipient, place: Place) -> tuple[str, ...]:
    """Channels where the alert stands that have given no receipt for this card."""
    left = without_receipt(place.editing, one.outcomes)
    posts = [kept for kept in row.posts.values() if kept.alert_id == one.alert.alert_id] if left else []
    return tuple(channel for channel in left if any(place.shows(channel, kept) for kept in posts))


def _under_way(row: Recipient, alert_id: str) -> list[str]:
    """Posts of it that went out as messages and were answered by nobody yet: a claim leaves them out from now on."""
    return [
        name for name, kept in row.posts.items()
        if kept.alert_id == alert_id and kept.way == "message" and kept.post is not None
    ]  # fmt: skip


def _is_awaited(one: Editing, row: Recipient, place: Place) -> bool:
    """Whether a message of the alert will stand somewhere yet."""
    patient = row.as_of < one.heard_at + PATIENCE_MS
    return any(
        place.will_show(kept) or (patient and bool(place.editing) and name in one.awaited)
        for name, kept in row.posts.items()
        if kept.alert_id == one.alert.alert_id
    )
