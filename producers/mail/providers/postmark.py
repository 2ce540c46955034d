"""Postmark's webhooks: one object each. They are not signed; HTTP Basic, set in the webhook's address, proves them.

https://postmarkapp.com/developer/webhooks/webhooks-overview. Only bounces and complaints have an id, so an event's is a
hash of what tells it from others. Metadata of a mail come back: `leadstream_lead` and `leadstream_message` among them.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from producers.crm.bodies import parse_body
from producers.crm.told import Told, told_by_each
from producers.crm.values import text_of
from producers.errors import Unmappable
from producers.mail.providers.reading import LEAD, MESSAGE, MailReading, is_own_link, message_of, object_of, told_of
from schemas.touches import MailEvent, MailKind

__all__ = ["events_of"]


class _Way(NamedTuple):
    """In which fields a record says who and when."""

    kind: MailKind
    to: str
    at: str


_WAYS: Final[Mapping[str, _Way]] = {
    "Delivery": _Way("delivered", "Recipient", "DeliveredAt"),
    "Bounce": _Way("bounced", "Email", "BouncedAt"),
    "SpamComplaint": _Way("complained", "Email", "BouncedAt"),
    "Open": _Way("opened", "Recipient", "ReceivedAt"),
    "Click": _Way("clicked", "Recipient", "ReceivedAt"),
    "SubscriptionChange": _Way("unsubscribed", "Recipient", "ChangedAt"),
}
_HARD: Final = frozenset({"HardBounce", "BadEmailAddress"})
# Why a sender may not write to an address any more: often it was no person who said so.
_REASONS: Final[Mapping[str, MailKind]] = {"HardBounce": "bounced", "SpamComplaint": "complained"}


def events_of(body: bytes, reading: MailReading) -> Told[MailEvent]:
    """One record, or a list of them. Raises Refused for a body that is no JSON."""
    return told_by_each(parse_body(body), lambda one: _events(one, reading))


def _events(found: Any, reading: MailReading) -> tuple[MailEvent, ...]:
    record = object_of(found, "a record")
    name = text_of(record.get("RecordType"))
    way = _WAYS.get(name)
    if way is None:
        raise Unmappable(f"RecordType: {name or 'nothing'} is none that we read")
    link = record.get("OriginalLink")
    if is_own_link(link):
        return ()
    noted = record.get("Metadata")
    metadata: Mapping[str, Any] = noted if isinstance(noted, dict) else {}
    kind, permanent = _fate(way, record)
    made = MailEvent(
        to=reading.lead_of(record.get(way.to), said=metadata.get(LEAD)), kind=kind, mail_event_id=_id(record, way),
        message_id=message_of(kind, metadata.get(MESSAGE), record.get("MessageID"), field="MessageID"),
        at=reading.at(record.get(way.at), way.at), permanent=permanent,
    )  # fmt: skip
    place = record.get("Geo")
    ip = place.get("IP") if isinstance(place, dict) else ""
    return (told_of(made, reading, link=link, ip=ip, agent=record.get("UserAgent")),)


def _fate(way: _Way, record: Mapping[str, Any]) -> tuple[MailKind, bool]:
    """The kind, and whether a bounce is for good."""
    if way.kind != "unsubscribed":
        return way.kind, text_of(record.get("Type")) in _HARD
    if not record.get("SuppressSending"):
        return "subscribed", False
    kind = _REASONS.get(text_of(record.get("SuppressionReason")), "unsubscribed")
    return kind, kind == "bounced"


def _id(record: Mapping[str, Any], way: _Way) -> str:
    names = ("RecordType", "ID", "MessageID", way.to, way.at, "OriginalLink")
    said = "\0".join(text_of(record.get(name)) for name in names)
    return "postmark:" + blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()
