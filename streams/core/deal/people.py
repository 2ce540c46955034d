"""The people whom a CRM names on a deal, less those who are erased: left out of whatever it says, then and later."""

from collections.abc import Collection, Iterable
from typing import Any

from msgspec.structs import replace

from schemas.crm import DealFields
from schemas.deals import DealFacts, DealPerson
from schemas.signals import PersonErased, Signal
from streams.core.deal.patch import Patched
from streams.core.parts import Part

__all__ = ["erased_by", "facts_without", "patched_without"]


def erased_by(held: tuple[str, ...], messages: Iterable[Signal]) -> tuple[str, ...]:
    """The leads that are left out, after these messages: nothing takes one back."""
    said = [one.lead_id for one in messages if isinstance(one, PersonErased)]
    return tuple(sorted({*held, *said})) if said else held


def facts_without(facts: DealFacts, erased: Collection[str]) -> DealFacts:
    """The deal without these people; the same object where they are not on it."""
    if not any(one.lead_id in erased for one in facts.people):
        return facts
    return replace(facts, people=tuple(one for one in facts.people if one.lead_id not in erased))


def patched_without(row: Patched | None, erased: Collection[str]) -> Patched | None:
    """The same of what was said in pieces: the link to the CRM's contact stays, and says nothing of who it is."""
    if row is None:
        return None
    contacts = {
        key: Part(part.version, part.as_of, None) if _is_of(part.body, erased) else part
        for key, part in row.contacts.items()
    }
    fields: DealFields = replace(row.fields, person=None) if _is_of(row.fields.person, erased) else row.fields
    return replace(row, contacts=contacts, fields=fields)


def _is_of(person: Any, erased: Collection[str]) -> bool:
    return isinstance(person, DealPerson) and person.lead_id in erased
