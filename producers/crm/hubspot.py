"""HubSpot's webhooks: up to 100 events of one property, association or fate of one deal, company or contact each.

https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide. Events come more than once and out of
order, which our rows do not mind: each says its time, `occurredAt`. Only signatures of version 3 are accepted: HubSpot
sends the older ones in the same request, and a captured one of those would never grow old.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote

from producers.crm.bodies import parse_body
from producers.crm.proof import Knock, fresh, refuse, same
from producers.crm.reading import Reading, company_of, contact_of, deal_of, id_of, reported_at
from producers.crm.told import CrmSignal, Told, told_by_each
from producers.crm.values import text_of
from producers.errors import Unmappable
from schemas.crm import DealFields, DealLink, DealPatch
from schemas.ids import contact_key_of, deal_id_of

__all__ = ["glance", "signals_of", "verify"]

SIGNATURE: Final = "x-hubspot-signature-v3"
SIGNATURE_LENGTH: Final = len(b64encode(sha256().digest()))
STAMP: Final = "x-hubspot-request-timestamp"
NOTHING_SAID: Final = DealFields()
# Generic subscriptions (`object.*`) name the kind by number.
_KINDS: Final = {"0-1": "contact", "0-2": "company", "0-3": "deal"}
# These few are signed as they are meant, not as they are written.
_DECODED: Final = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")


def glance(knock: Knock, *, secret: str, now_ms: int) -> None:
    """A signature of the right length and a time that is not stale, else no body matters. Raises Refused(PROOF)."""
    del secret
    if len(knock.header(SIGNATURE)) != SIGNATURE_LENGTH or not fresh(knock.header(STAMP), now_ms=now_ms, unit_ms=1):
        refuse()


def verify(knock: Knock, *, secret: str, now_ms: int) -> None:
    """HMAC-SHA256 over method, public URI, body and time, at most 5 minutes old. Raises Refused(PROOF)."""
    stamp = knock.header(STAMP)
    said = knock.method.encode() + _decoded(knock.uri).encode() + knock.body + stamp
    made = b64encode(hmac.new(secret.encode(), said, sha256).digest())
    if not same(knock.header(SIGNATURE), made) or not fresh(stamp, now_ms=now_ms, unit_ms=1):
        refuse()


def signals_of(body: bytes, reading: Reading) -> Told[CrmSignal]:
    """Each event by itself. Raises Refused for a body that is no JSON."""
    return told_by_each(parse_body(body), lambda event: _signals(event, reading))


def _signals(event: Any, reading: Reading) -> Sequence[CrmSignal]:
    if not isinstance(event, dict):
        raise Unmappable("an event is a JSON object")
    said = text_of(event.get("subscriptionType"))
    kind, _, what = said.partition(".")
    if kind == "object":
        kind = _KINDS.get(text_of(event.get("objectTypeId")), kind)
    if what == "associationChange":
        return _association(event, reading, at=_at(event, reading))
    read = _READ.get((kind, what))
    if read is None:
        raise Unmappable(f"subscriptionType: {said or 'nothing'} is none that we read")
    found = read(event, reading, _at(event, reading))
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _at(event: Mapping[str, Any], reading: Reading) -> int:
    if not event.get("occurredAt"):
        raise Unmappable("occurredAt: nothing there")
    return reported_at(event["occurredAt"], "occurredAt", reading)


def _object(event: Mapping[str, Any]) -> str:
    return id_of(event.get("objectId"), "objectId")


def _property(event: Mapping[str, Any]) -> dict[str, Any]:
    name = text_of(event.get("propertyName"))
    if not name:
        raise Unmappable("propertyName: nothing there")
    return {name: event.get("propertyValue")}


def _deal_property(event: Mapping[str, Any], reading: Reading, at: int) -> DealPatch | None:
    return deal_of(_object(event), _property(event), reading, at=at)


def _company_property(event: Mapping[str, Any], reading: Reading, at: int) -> CrmSignal | None:
    said = _property(event)
    return company_of(_object(event), said, reading, at=at, part=next(iter(said)))


def _contact_property(event: Mapping[str, Any], reading: Reading, at: int) -> CrmSignal | None:
    return contact_of(_object(event), _property(event), reading, at=at)


def _contact_gone(event: Mapping[str, Any], reading: Reading, at: int) -> CrmSignal | None:
    names = reading.fields.contact.get("email", ())
    return contact_of(_object(event), dict.fromkeys(names[:1]), reading, at=at)


def _created(event: Mapping[str, Any], reading: Reading, at: int) -> DealPatch:
    """A new deal is open until its stage says otherwise: both may carry the same time, and a stage then outranks."""
    return _patch(_object(event), reading, at - 1, fields=DealFields(status="open"))


def _deleted(event: Mapping[str, Any], reading: Reading, at: int) -> DealPatch:
    return _patch(_object(event), reading, at, fields=DealFields(deleted=True))


def _restored(event: Mapping[str, Any], reading: Reading, at: int) -> DealPatch:
    return _patch(_object(event), reading, at, fields=DealFields(deleted=False))


def _merged(event: Mapping[str, Any], reading: Reading, at: int) -> tuple[DealPatch, ...]:
    """What was merged into another is gone; what came of it goes on under its own id."""
    kept = text_of(event.get("newObjectId")) or text_of(event.get("primaryObjectId"))
    ids = event.get("mergedObjectIds")
    before = {text_of(one) for one in (ids if isinstance(ids, list) else [])} | {text_of(event.get("primaryObjectId"))}
    gone = sorted(before - {kept, ""})
    if not kept or not gone:
        raise Unmappable("mergedObjectIds: nothing there")
    return tuple(_patch(one, reading, at, fields=DealFields(deleted=True)) for one in gone)


def _association(event: Mapping[str, Any], reading: Reading, *, at: int) -> Sequence[CrmSignal]:
    """A company or contact of a deal; both directions of one association are reported. Others are passed over."""
    ends = [(_end(event, side), text_of(event.get(f"{side}ObjectId"))) for side in ("from", "to")]
    kinds = dict(ends)
    other = next((kind for kind in ("company", "contact") if kind in kinds), None)
    if "deal" not in kinds or other is None:
        return ()
    deal, linked = id_of(kinds["deal"], "fromObjectId"), id_of(kinds[other], "toObjectId")
    key = contact_key_of(reading.source, linked) if other == "contact" else f"crm:{reading.source}:{linked}"
    link = DealLink(
        to=key, present=event.get("associationRemoved") is not True,
        primary=other == "company" and event.get("isPrimaryAssociation") is True,
    )  # fmt: skip
    return (_patch(deal, reading, at, links=(link,)),)


def _end(event: Mapping[str, Any], side: str) -> str:
    """`DEAL_TO_CONTACT` or, of generic subscriptions, `fromObjectTypeId`."""
    number = text_of(event.get(f"{side}ObjectTypeId"))
    if number:
        return _KINDS.get(number, number)
    one, _, other = text_of(event.get("associationType")).lower().partition("_to_")
    if not other:
        raise Unmappable("associationType: nothing there")
    return one if side == "from" else other


def _patch(
    crm_id: str, reading: Reading, at: int, *, fields: DealFields = NOTHING_SAID, links: tuple[DealLink, ...] = ()
) -> DealPatch:
    return DealPatch(
        to=deal_id_of(reading.source, crm_id), source=reading.source, reported_at=at, received_at=reading.received_at,
        fields=fields, links=links,
    )  # fmt: skip


def _decoded(uri: str) -> str:
    for code in _DECODED:
        uri = uri.replace(code, unquote(code)).replace(code.lower(), unquote(code))
    return uri


def _nothing(event: Mapping[str, Any], reading: Reading, at: int) -> None:
    """Understood, and of no use to us: its properties come as events of their own."""
    del event, reading, at


_Read = Callable[[Mapping[str, Any], Reading, int], CrmSignal | tuple[DealPatch, ...] | None]
_READ: Final[Mapping[tuple[str, str], _Read]] = {
    ("deal", "creation"): _created,
    ("deal", "deletion"): _deleted,
    ("deal", "merge"): _merged,
    ("deal", "propertyChange"): _deal_property,
    ("deal", "restore"): _restored,
    ("company", "creation"): _nothing,
    ("company", "deletion"): _nothing,
    ("company", "merge"): _nothing,
    ("company", "propertyChange"): _company_property,
    ("company", "restore"): _nothing,
    ("contact", "creation"): _nothing,
    ("contact", "deletion"): _contact_gone,
    ("contact", "merge"): _nothing,
    ("contact", "privacyDeletion"): _contact_gone,
    ("contact", "propertyChange"): _contact_property,
    ("contact", "restore"): _nothing,
}
