"""SendGrid's event webhook: a list of events, signed with a key of its own (ECDSA P-256 over time and raw body).

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. Custom arguments of a mail stand in each
event beside its own fields, so `leadstream_lead` and `leadstream_message` come back there. It states no window for the
time that it signs; five minutes are ours.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from producers.crm.bodies import parse_body
from producers.crm.proof import Knock, fresh, refuse
from producers.crm.told import Told, told_by_each
from producers.crm.values import text_of
from producers.errors import BadSettings, Unmappable
from producers.mail.providers.reading import LEAD, MESSAGE, MailReading, is_own_link, message_of, object_of, told_of
from schemas.lookups import remembered
from schemas.touches import MailEvent, MailKind

__all__ = ["events_of", "public_key", "verify"]

_KINDS: Final[Mapping[str, MailKind]] = {
    "delivered": "delivered", "deferred": "deferred", "bounce": "bounced", "open": "opened", "click": "clicked",
    "spamreport": "complained", "unsubscribe": "unsubscribed", "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "subscribed",
}  # fmt: skip
_OTHERS: Final = frozenset({"processed", "dropped", "account_status_change"})  # nothing that we need


@remembered("sendgrid_keys", most=8)
def public_key(text: str) -> EllipticCurvePublicKey:
    """The key as its page shows it: base64 of DER. Raises BadSettings."""
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise BadSettings("LEADSTREAM_MAIL__SENDGRID_KEY: no verification key as SendGrid shows it") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise BadSettings("LEADSTREAM_MAIL__SENDGRID_KEY: not a key of an elliptic curve")
    return key


def verify(knock: Knock, *, key: str, now_ms: int) -> None:
    """Raises Refused(PROOF)."""
    stamp = knock.header("x-twilio-email-event-webhook-timestamp")
    try:
        signature = b64decode(knock.header("x-twilio-email-event-webhook-signature"), validate=True)
        public_key(key).verify(signature, stamp + knock.body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        refuse()
    if not fresh(stamp, now_ms=now_ms, unit_ms=1_000):
        refuse()


def events_of(body: bytes, reading: MailReading) -> Told[MailEvent]:
    """Each event by itself. Raises Refused for a body that is no JSON."""
    return told_by_each(parse_body(body), lambda one: _events(one, reading))


def _events(found: Any, reading: MailReading) -> Sequence[MailEvent]:
    event = object_of(found, "an event")
    said = text_of(event.get("event"))
    if said in _OTHERS or (said == "click" and is_own_link(event.get("url"))):
        return ()
    kind = _KINDS.get(said)
    if kind is None:
        raise Unmappable(f"event: {said or 'nothing'} is none that we read")
    event_id = text_of(event.get("sg_event_id"))
    if not event_id:
        raise Unmappable("sg_event_id: nothing there")
    theirs = text_of(event.get("sg_message_id")).partition(".")[0]  # the rest names a server
    made = MailEvent(
        to=reading.lead_of(event.get("email"), said=event.get(LEAD)), kind=kind,
        mail_event_id=f"sendgrid:{event_id}",
        message_id=message_of(kind, event.get(MESSAGE), theirs, field="sg_message_id"),
        at=reading.at(event.get("timestamp"), "timestamp"),
        permanent=said == "bounce" and text_of(event.get("type")) != "blocked",
    )  # fmt: skip
    return (told_of(made, reading, link=event.get("url"), ip=event.get("ip"), agent=event.get("useragent")),)
