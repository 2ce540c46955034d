"""Pipedrive's webhooks v2: one deal, organization or person per request, with all its fields.

https://pipedrive.readme.io/docs/guide-for-webhooks-v2. Nothing is signed: the proof is the user and password that were
set on the webhook. Deals name their company and person by number; both are known once Pipedrive reports them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from producers.crm.bodies import parse_body
from producers.crm.fieldmap import first_of
from producers.crm.proof import Knock, check_basic
from producers.crm.reading import Reading, company_of, contact_of, deal_of, id_of, reported_at
from producers.crm.told import CrmSignal, Told, told_by_each
from producers.crm.values import text_of
from producers.errors import Unmappable
from schemas.crm import DealFields, DealPatch
from schemas.ids import deal_id_of

__all__ = ["signals_of", "verify"]

_ACTIONS: Final = frozenset({"create", "change", "delete"})


def verify(knock: Knock, *, secret: str, now_ms: int) -> None:
    """HTTP Basic, `secret` is `user:password`. Raises Refused(PROOF)."""
    del now_ms  # nothing says when it was sent
    check_basic(knock, secret)


def signals_of(body: bytes, reading: Reading) -> Told[CrmSignal]:
    """Raises Refused for a body that is no JSON."""
    return told_by_each(parse_body(body), lambda event: _signals(event, reading))


def _signals(event: Any, reading: Reading) -> Sequence[CrmSignal]:
    meta = event.get("meta") if isinstance(event, dict) else None
    if not isinstance(meta, dict):
        raise Unmappable("meta: nothing there")
    if not text_of(meta.get("version")).startswith("2"):
        raise Unmappable("meta.version: not 2.0, make the webhook anew as version 2")
    action, entity = text_of(meta.get("action")), text_of(meta.get("entity"))
    if action not in _ACTIONS:
        raise Unmappable(f"meta.action: {action or 'nothing'} is none of create, change, delete")
    crm_id = id_of(meta.get("entity_id", meta.get("id")), "meta.entity_id")
    if action == "delete":
        return _gone(entity, crm_id, reading, at=reported_at(meta.get("timestamp"), "meta.timestamp", reading))
    record = event.get("data")
    if not isinstance(record, dict):
        raise Unmappable("data: nothing there")
    return _present(entity, crm_id, {**record, **_custom(record)}, meta=meta, reading=reading)


def _present(
    entity: str, crm_id: str, record: Mapping[str, Any], *, meta: Mapping[str, Any], reading: Reading
) -> Sequence[CrmSignal]:
    found: CrmSignal | None
    match entity:
        case "deal":
            gone = record.get("is_deleted") is True or record.get("status") == "deleted"
            said = {name: value for name, value in record.items() if not gone or name == "update_time"}
            said["is_deleted"] = gone
            found = deal_of(crm_id, said, reading, at=_at(said, meta, reading, names=reading.fields.deal))
        case "organization":
            at = _at(record, meta, reading, names=reading.fields.company)
            found = company_of(crm_id, record, reading, at=at)
        case "person":
            at = _at(record, meta, reading, names=reading.fields.contact)
            found = contact_of(crm_id, {"first_name": record.get("name"), **record, "email": _email(record)}, reading,
                               at=at)  # fmt: skip
        case _:
            raise Unmappable(f"meta.entity: {entity or 'nothing'} is none of deal, organization, person")
    return () if found is None else (found,)


def _gone(entity: str, crm_id: str, reading: Reading, *, at: int) -> Sequence[CrmSignal]:
    if entity == "deal":
        return (
            DealPatch(
                to=deal_id_of(reading.source, crm_id), source=reading.source, reported_at=at,
                received_at=reading.received_at, fields=DealFields(deleted=True),
            ),
        )  # fmt: skip
    found = contact_of(crm_id, {"email": None}, reading, at=at) if entity == "person" else None
    return () if found is None else (found,)


def _at(
    record: Mapping[str, Any], meta: Mapping[str, Any], reading: Reading, *, names: Mapping[str, tuple[str, ...]]
) -> int:
    """The record's own time of change, else the message's."""
    _, own = first_of(record, names.get("reported_at", ()))
    return reported_at(own or meta.get("timestamp"), "update_time", reading)


def _custom(record: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields by their keys: plain, or as `{"type": ..., "value": ...}`."""
    fields = record.get("custom_fields")
    if not isinstance(fields, dict):
        return {}
    return {key: value.get("value", value.get("id")) if isinstance(value, dict) else value
            for key, value in fields.items()}  # fmt: skip


def _email(record: Mapping[str, Any]) -> Any:
    """The primary address, else the first."""
    found = record.get("emails", record.get("email"))
    addresses = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    primary = [one for one in addresses if one.get("primary") is True] or addresses
    return primary[0].get("value") if primary else found if isinstance(found, str) else None
