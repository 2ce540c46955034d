"""Salesforce's outbound messages: SOAP with up to 100 notifications of one kind of object, with fields chosen there.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm. Nothing is signed:
the proof is a secret in the path, and the organization's id in the message. Messages come more than once and out of
order, and hold the newest values. A session id that one carries is never kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from producers.crm.fieldmap import first_of
from producers.crm.proof import Knock, refuse, same
from producers.crm.reading import Reading, company_of, contact_of, deal_of, id_of, reported_at
from producers.crm.told import CrmSignal, Told, told_by_each
from producers.crm.values import text_of
from producers.errors import Refusal, Refused, Unmappable

__all__ = ["ACKNOWLEDGED", "check_organization", "signals_of", "verify"]

MOST_NOTIFICATIONS: Final = 500
_OUTBOUND: Final = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# Ids are 15 characters; the 3 that follow in some places are a checksum.
_ID: Final = 15
ACKNOWLEDGED: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


def verify(knock: Knock, *, secret: str, now_ms: int) -> None:
    """The secret stands at the end of the path. Raises Refused(PROOF)."""
    del now_ms  # nothing says when it was sent
    if not same(knock.secret.encode(), secret.encode()):
        refuse()


def check_organization(body: bytes, *, organization_id: str) -> None:
    """Whether the message is of this organization. Raises Refused: PROOF, XML."""
    said = text_of(_notifications(body).findtext(f"{_OUTBOUND}OrganizationId"))
    if not same(said[:_ID].encode(), organization_id[:_ID].encode()):
        refuse()


def signals_of(body: bytes, reading: Reading) -> Told[CrmSignal]:
    """Each notification by itself. Raises Refused for a body that is no such message."""
    found = _notifications(body).findall(f"{_OUTBOUND}Notification")
    if len(found) > MOST_NOTIFICATIONS:
        raise Refused(Refusal.TOO_MANY, f"{len(found)} notifications, more than {MOST_NOTIFICATIONS}")
    return told_by_each(found, lambda notification: _signals(notification, reading), bytes_of=_bytes)


def around(notification: bytes) -> bytes:
    """A message with this one notification."""
    return b'<notifications xmlns="http://soap.sforce.com/2005/09/outbound">' + notification + b"</notifications>"


def _notifications(body: bytes) -> Element:
    """Raises Refused(XML): entities, a document type and anything that is no outbound message."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Refused(Refusal.XML, type(error).__name__) from error
    found = next(root.iter(f"{_OUTBOUND}notifications"), None)
    if found is None:
        raise Refused(Refusal.XML, "no outbound message")
    return found


def _signals(notification: Element, reading: Reading) -> Sequence[CrmSignal]:
    thing = notification.find(f"{_OUTBOUND}sObject")
    if thing is None:
        raise Unmappable("sObject: nothing there")
    kind = thing.get(_TYPE, "").rpartition(":")[2]
    record = dict(_fields(thing))
    crm_id = id_of(record.get("Id"), "Id")[:_ID]
    found: CrmSignal | None
    match kind:
        case "Opportunity":
            said = record | {name: _short(record[name]) for name in ("AccountId", "ContactId") if name in record}
            found = deal_of(crm_id, said, reading, at=_at(record, reading, reading.fields.deal))
        case "Account":
            found = company_of(crm_id, record, reading, at=_at(record, reading, reading.fields.company))
        case "Contact":
            found = contact_of(crm_id, record, reading, at=_at(record, reading, reading.fields.contact))
        case _:
            raise Unmappable(f"sObject: {text_of(kind) or 'nothing'} is none of Opportunity, Account, Contact")
    return () if found is None else (found,)


def _fields(thing: Element) -> Iterator[tuple[str, Any]]:
    for field in thing:
        name = str(field.tag).rpartition("}")[2]
        yield name, None if field.get(_NIL) == "true" else field.text or ""


def _at(record: Mapping[str, Any], reading: Reading, names: Mapping[str, tuple[str, ...]]) -> int:
    return reported_at(first_of(record, names.get("reported_at", ()))[1], "LastModifiedDate", reading)


def _bytes(notification: Element) -> bytes:
    """As it came, but for prefixes; nothing where it is nested beyond writing it again."""
    try:
        return bytes(tostring(notification, encoding="utf-8"))
    except RecursionError:
        return b""


def _short(crm_id: str | None) -> str | None:
    return None if crm_id is None else crm_id[:_ID]
