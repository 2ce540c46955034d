"""Amazon SES: what its SNS topic tells of mails, by event publishing (`eventType`) or feedback (`notificationType`).

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html. Message tags or headers of the
mail, `leadstream_lead` or `X-Leadstream-Lead`, name lead and message as our links do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from producers.crm.bodies import parse_body
from producers.crm.told import Told, Unread
from producers.crm.values import text_of
from producers.errors import Refused, Unmappable
from producers.mail.providers.reading import (
    LEAD,
    MESSAGE,
    MailReading,
    is_own_link,
    message_of,
    object_of,
    recipients_of,
    told_of,
)
from producers.mail.providers.sns import envelope_of
from schemas.touches import MailEvent, MailKind

__all__ = ["events_of"]


class _Way(NamedTuple):
    """`part`: the object that tells of it, "" = `mail` alone; `to`: its list of those concerned, "" = the mail's."""

    kind: MailKind
    part: str
    to: str = ""


_WAYS: Final[Mapping[str, _Way]] = {
    "Send": _Way("sent", ""), "Delivery": _Way("delivered", "delivery", "recipients"),
    "DeliveryDelay": _Way("deferred", "deliveryDelay", "delayedRecipients"),
    "Bounce": _Way("bounced", "bounce", "bouncedRecipients"),
    "Complaint": _Way("complained", "complaint", "complainedRecipients"),
    "Open": _Way("opened", "open"), "Click": _Way("clicked", "click"),
    "Subscription": _Way("unsubscribed", "subscription"),
}  # fmt: skip
_OTHERS: Final = frozenset({"Reject", "Rendering Failure"})  # it never went out


def events_of(body: bytes, reading: MailReading) -> Told[MailEvent]:
    """What a proven envelope says. Raises Refused for a body that is none."""
    envelope = envelope_of(body)
    if envelope.type != "Notification" or not envelope.message.lstrip().startswith("{"):
        return Told(passed_over=1)  # "Successfully validated SNS topic ..."
    try:
        (said,) = parse_body(envelope.message.encode("utf-8", "replace"))
        events = _events(object_of(said, "Message"), reading, event_id=f"ses:{envelope.message_id}")
    except (Unmappable, Refused) as error:
        why = error.detail if isinstance(error, Refused) else str(error)
        return Told(unread=(Unread(body, why),))
    return Told(events, passed_over=int(not events))


def _events(said: Mapping[str, Any], reading: MailReading, *, event_id: str) -> tuple[MailEvent, ...]:
    name = text_of(said.get("eventType")) or text_of(said.get("notificationType"))
    if name in _OTHERS:
        return ()
    way = _WAYS.get(name)
    if way is None:
        raise Unmappable(f"eventType: {name or 'nothing'} is none that we read")
    mail = object_of(said.get("mail"), "mail")
    part = object_of(said.get(way.part), way.part) if way.part else mail
    if is_own_link(part.get("link")):
        return ()
    concerned = recipients_of(part.get(way.to), way.to) if way.to else recipients_of(mail.get("destination"), "mail")
    at = reading.at(part.get("timestamp"), f"{way.part}.timestamp")
    kind, noted = _kind(way, part), _noted(mail, MESSAGE, "X-Leadstream-Message")
    message_id = message_of(kind, noted, mail.get("messageId"), field="mail.messageId")
    events = [
        MailEvent(to=lead, kind=kind, mail_event_id=event_id, message_id=message_id, at=at,
                  permanent=part.get("bounceType") == "Permanent")
        for lead in _leads(mail, concerned, reading, one=not way.to)
    ]  # fmt: skip
    return tuple(
        told_of(event, reading, link=part.get("link"), ip=part.get("ipAddress"), agent=part.get("userAgent"))
        for event in events
    )


def _leads(mail: Mapping[str, Any], concerned: Sequence[str], reading: MailReading, *, one: bool) -> list[str]:
    """Whom it concerns. Of a mail to several nobody says who opened it. Raises Unmappable."""
    if len(concerned) > 1:
        if one:
            raise Unmappable("mail.destination: several, and it is not said which of them")
        return sorted({reading.lead_of(email) for email in concerned})
    return [reading.lead_of(concerned[0], said=_noted(mail, LEAD, "X-Leadstream-Lead"))]


def _kind(way: _Way, part: Mapping[str, Any]) -> MailKind:
    if way.kind != "unsubscribed":
        return way.kind
    now = part.get("newTopicPreferences")
    return "unsubscribed" if not isinstance(now, dict) or now.get("unsubscribeAll", True) else "subscribed"


def _noted(mail: Mapping[str, Any], tag: str, header: str) -> str:
    """What the sender noted on a mail: a tag, else a header, "" for neither."""
    tags, headers = mail.get("tags"), mail.get("headers")
    values = tags.get(tag) if isinstance(tags, dict) else None
    if isinstance(values, list) and values:
        return text_of(values[0])
    listed = [one for one in headers if isinstance(one, dict)] if isinstance(headers, list) else []
    return next((text_of(one.get("value")) for one in listed if text_of(one.get("name")).lower() == header.lower()), "")
