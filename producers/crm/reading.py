"""A CRM's record, whole or one property of it, to what our signals say: only of what the record holds."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from producers.crm.fieldmap import FieldMap, Names, first_of
from producers.crm.values import amount_of, domain_of, owner_of, slug_of, text_of, time_of
from producers.errors import Unmappable
from schemas.crm import ContactFields, ContactRecord, DealFields, DealPatch
from schemas.deals import CompanyRecord, DealPerson, Owner
from schemas.ids import Naming, contact_key_of, deal_id_of, normalised_email
from schemas.times import milliseconds_of

__all__ = ["Reading", "Record", "company_of", "contact_of", "deal_of", "id_of", "reported_at"]

Record = Mapping[str, Any]
# Clocks of others may go ahead of ours, but not by more: such a report would stand above all later ones.
AHEAD_MS = 86_400_000


class Reading(Struct, frozen=True, kw_only=True):
    """With what a body is read. `received_at` is UTC milliseconds."""

    source: str
    fields: FieldMap
    naming: Naming
    received_at: int


def id_of(value: Any, field: str) -> str:
    """A CRM's own id. Raises Unmappable."""
    said = text_of(value)
    if not said or said == "0":
        raise Unmappable(f"{field}: nothing there")
    return said


def reported_at(value: Any, field: str, reading: Reading) -> int:
    """When the CRM says that it was so; the time of arrival without one. Raises Unmappable."""
    at = time_of(value, field)
    if at is None:
        return reading.received_at
    if at > reading.received_at + AHEAD_MS:
        raise Unmappable(f"{field}: in the future")
    return at


def deal_of(crm_id: str, record: Record, reading: Reading, *, at: int) -> DealPatch | None:
    """What this record says of a deal, None for nothing that we need. Raises Unmappable."""
    names = reading.fields.deal
    said: dict[str, Any] = {}
    for field, read in _PLAIN.items():
        held, value = first_of(record, names.get(field, ()))
        if held:
            said[field] = read(value, reading)
    said |= _progress(record, reading) | _who(record, reading)
    if not said:
        return None
    return DealPatch(
        to=deal_id_of(reading.source, crm_id), source=reading.source, reported_at=at, received_at=reading.received_at,
        fields=DealFields(**said),
    )  # fmt: skip


def company_of(crm_id: str, record: Record, reading: Reading, *, at: int, part: str = "") -> CompanyRecord | None:
    """What this record says of a company, None for nothing.

    `part` tells single facts of one company apart: each is a record of its own.
    """
    said: dict[str, Any] = {}
    for field in ("name", "employees", "industry", "region", "domain", "customer"):
        held, value = first_of(record, reading.fields.company.get(field, ()))
        if held:
            said[field] = _company_value(field, value, reading)
    owner = _owner(record, reading.fields.company, reading)
    if owner:
        said["owner"] = owner[0]
    if not said:
        return None
    return CompanyRecord(
        to=f"crm:{reading.source}:{crm_id}", source=reading.source, record_id=f"{crm_id}:{part}" if part else crm_id,
        reported_at=at, received_at=reading.received_at, **said,
    )  # fmt: skip


def contact_of(crm_id: str, record: Record, reading: Reading, *, at: int) -> ContactRecord | None:
    """What this record says of a person, None for nothing. Raises Unmappable for an e-mail that cannot be."""
    said: dict[str, Any] = {}
    for field in ("email", "first_name", "last_name"):
        held, value = first_of(record, reading.fields.contact.get(field, ()))
        if held:
            said[field] = _email(value, "email") if field == "email" else text_of(value)
    if not said:
        return None
    return ContactRecord(
        to=contact_key_of(reading.source, crm_id), source=reading.source, reported_at=at,
        received_at=reading.received_at, fields=ContactFields(**said),
    )  # fmt: skip


def _progress(record: Record, reading: Reading) -> dict[str, Any]:
    """Stage and status. A stage decides the status only where the CRM has no word of its own for it."""
    fields, said = reading.fields, dict[str, Any]()
    held, stage = first_of(record, fields.deal.get("stage", ()))
    by_stage = fields.status_of(stage)
    if held and stage is not None:
        name = text_of(fields.stage_names.get(text_of(stage), stage))
        said["stage"] = name
        if by_stage is None or by_stage == "open":
            said["open_stage"] = name
    status = _status(record, reading, by_stage=by_stage)
    if status is not None:
        said["status"] = status
    elif "status" not in fields.deal and "stage" in said:
        said["status"] = by_stage or "open"
    if said.get("status", "open") != "open" and "is_closed" in fields.deal:
        said.pop("open_stage", None)
    return said


def _status(record: Record, reading: Reading, *, by_stage: str | None) -> str | None:
    """What the CRM's own flags or word say, None where it has none. Raises Unmappable."""
    names = reading.fields.deal
    held, closed = first_of(record, names.get("is_closed", ()))
    if held:
        if not _true(closed):
            return "open"
        won_held, won = first_of(record, names.get("is_won", ()))
        if not won_held and by_stage not in {"won", "lost"}:
            raise Unmappable("is_won: nothing there, and the stage is neither won nor lost, see [status]")
        return ("won" if _true(won) else "lost") if won_held else by_stage
    held, word = first_of(record, names.get("status", ()))
    if not held:
        return None
    status = reading.fields.status_of(word)
    if status is None:
        raise Unmappable(f"status: {text_of(word) or 'nothing'} is no known word, see [status]")
    return status


def _who(record: Record, reading: Reading) -> dict[str, Any]:
    """Owner, company and person, as far as the record names them."""
    names, said = reading.fields.deal, dict[str, Any]()
    owner = _owner(record, names, reading)
    if owner:
        said["owner"] = owner[0]
    held, contact = first_of(record, names.get("contact", ()))
    if held:
        said["contact"] = contact_key_of(reading.source, text_of(contact)) if text_of(contact) else None
    held, email = first_of(record, names.get("person_email", ()))
    if held:
        said["person"] = _person(email, first_of(record, names.get("person_name", ()))[1], reading)
    held, before = first_of(record, names.get("follows", ()))
    if held:
        said["follows_deal_id"] = deal_id_of(reading.source, text_of(before)) if text_of(before) else None
    return said | _account(record, reading)


def _account(record: Record, reading: Reading) -> dict[str, Any]:
    """The company: its domain where it has one, else its id, else its name as a key."""
    names = reading.fields.deal
    fields = ("account_domain", "account_id", "account_name")
    found = {field: first_of(record, names.get(field, ())) for field in fields}
    if not any(held for held, _ in found.values()):
        return {}
    name = text_of(found["account_name"][1])
    key = text_of(found["account_id"][1]) or slug_of(name)
    account_id = domain_of(found["account_domain"][1]) or (f"crm:{reading.source}:{key}" if key else None)
    return {"account_id": account_id} | ({"account_name": name} if found["account_name"][0] else {})


def _owner(record: Record, names: Names, reading: Reading) -> tuple[Owner | None] | None:
    """(owner,), None where the record does not say. An id that nobody mapped is an owner that we do not know."""
    held, email = first_of(record, names.get("owner_email", ()))
    if held:
        return (owner_of(email, first_of(record, names.get("owner_name", ()))[1], reading.naming),)
    held, key = first_of(record, names.get("owner", ()))
    if not held:
        return None
    email, name = reading.fields.owners.get(text_of(key), ("", ""))
    return (owner_of(email, name, reading.naming),)


def _person(email: Any, name: Any, reading: Reading) -> DealPerson | None:
    address = _email(email, "person_email")
    return None if address is None else DealPerson(reading.naming.lead_of_email(address), address, text_of(name))


def _email(value: Any, field: str) -> str | None:
    written = text_of(value)
    if not written:
        return None
    address = normalised_email(written)
    if address is None:
        raise Unmappable(f"{field}: not an address")
    return address


def _company_value(field: str, value: Any, reading: Reading) -> Any:
    match field:
        case "domain":
            return domain_of(value)
        case "customer":
            return reading.fields.is_customer(value)
        case _:
            return text_of(value)


def _contract_end(value: Any, reading: Reading) -> int | None:
    del reading
    return None if value is None else milliseconds_of(value) if isinstance(value, str | int | float) else None


def _true(value: Any) -> bool:
    return value is True or text_of(value).lower() in {"true", "1", "yes"}


_PLAIN: Mapping[str, Callable[[Any, Reading], Any]] = {
    "amount": lambda value, _: amount_of(value),
    "closed_at": lambda value, _: time_of(value, "closed_at"),
    "competitor": lambda value, _: text_of(value) or None,
    "contract_ends_at": _contract_end,
    "currency": lambda value, _: text_of(value).upper() or None,
    "deleted": lambda value, _: _true(value),
    "lost_reason": lambda value, reading: reading.fields.reason_of(value) or None,
}
