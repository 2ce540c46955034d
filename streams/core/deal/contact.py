"""A CRM's contact: who a CRM's own id is, told to the deals that name it so.

CRMs report a person's e-mail apart from the deals that the person is on; this row is where both meet, in any order.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from msgspec import UNSET, Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.crm import ContactFields, ContactRecord, ContactStanding, ContactWanted
from schemas.deals import DealPerson
from schemas.signals import Signal
from schemas.touches import ContactKnown
from streams.core.deal.people import erased_by
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.fields import newest_fields, said_fields
from streams.core.folding import met, settled
from streams.core.rules import Rules

__all__ = ["Contact", "fold"]

MAX_DEALS: Final = 64


class Contact(Struct, frozen=True, array_like=True, tag="contact"):
    """One person as a CRM knows it. `deals` asked, each with the time at which the CRM linked it.

    `erased`: leads whose address and name are not kept here, whatever the CRM says.
    """

    rules_version: ClassVar[str] = ""
    version: Version
    as_of: int
    wake_at: int | None = None
    fields: ContactFields = ContactFields()
    at: dict[str, int] = {}
    deals: dict[str, int] = {}
    erased: tuple[str, ...] = ()


def fold(
    key: str, row: Contact | None, messages: Sequence[Signal], *, version: Version, rules: Rules
) -> Folded[Contact]:
    """The contact after these messages: the newest of each field, the 64 deals linked last. Others are passed over."""
    before = row or Contact(version, as_of=0)
    records = [one for one in messages if isinstance(one, ContactRecord)]
    asked = [one for one in messages if isinstance(one, ContactWanted)]
    fields, at = newest_fields(before.fields, before.at, ((one.fields, one.reported_at) for one in records))
    deals = dict(before.deals)
    for one in asked:
        deals[one.deal_id] = max(deals.get(one.deal_id, 0), one.at)
    freshest = sorted(deals, key=lambda deal_id: (deals[deal_id], deal_id), reverse=True)[:MAX_DEALS]
    after = replace(
        before,
        as_of=max([before.as_of, *(one.received_at for one in records), *(one.as_of for one in asked)]),
        fields=fields,
        at=at,
        deals={deal_id: deals[deal_id] for deal_id in sorted(freshest)},
        erased=erased_by(before.erased, messages),
    )
    if after.erased:
        after = _without_erased(after, rules)
    folded = settled(row, after, version=version, say=lambda settled_row: _said(key, settled_row, rules))
    pushed_out = ("contact_deals",) if len(deals) > MAX_DEALS else ()
    return Folded(folded.row, met(folded.effects, *pushed_out))


def _said(key: str, row: Contact, rules: Rules) -> Effects:
    """Who it is, to every deal that asked and to its lead; nothing before the CRM said anything of an e-mail."""
    said = said_fields(row.fields)
    if "email" not in said:
        return NOTHING
    person = _person(said, rules)
    return Effects(
        touches=() if person is None else (ContactKnown(to=person.lead_id, contact=key, at=row.at["email"]),),
        signals=tuple(
            ContactStanding(to=deal_id, contact=key, version=row.version, as_of=row.as_of, person=person)
            for deal_id in row.deals
        )
    )


def _without_erased(row: Contact, rules: Rules) -> Contact:
    """The row without an erased address; whoever has none has no name either. A copy of what goes is no newer."""
    fields = row.fields
    if isinstance(fields.email, str) and rules.naming.lead_of_email(fields.email) not in row.erased:
        return row
    said = said_fields(fields)
    bare = {name: "" for name in said if name != "email"}
    at = {name: since + bool(said[name]) for name, since in row.at.items()}
    return replace(row, fields=ContactFields(email=None if "email" in said else UNSET, **bare), at=at)


def _person(said: dict[str, object], rules: Rules) -> DealPerson | None:
    email = said["email"]
    if not isinstance(email, str):
        return None
    name = " ".join(str(part) for part in (said.get("first_name"), said.get("last_name")) if part)
    return DealPerson(rules.naming.lead_of_email(email), email, name)
