"""A deal that its CRM reports in pieces: each field, company and contact by its own time, in any order.

A whole report counts as every field said at its time; pieces said then or later lie over it. Contacts without a known
e-mail are asked for at their own rows; until those answer, the deal stands without them.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from msgspec import Struct

from schemas.crm import ContactStanding, ContactWanted, DealFields, DealPatch
from schemas.deals import DealFacts, DealPerson
from schemas.ids import is_contact
from schemas.signals import Signal
from streams.core.fields import newest_fields, said_fields
from streams.core.parts import Part, live, newest

__all__ = ["Linked", "Patched", "crowded", "facts_of", "heard_at", "patched", "wanted"]

MAX_LINKS: Final = 64
MAX_CONTACTS: Final = 128
# A CRM writes stage and closing date in one go; what it wrote before was a forecast.
SAME_MOMENT_MS: Final = 60_000
_AS_SAID: Final = (
    "account_name", "amount", "competitor", "contract_ends_at", "currency", "follows_deal_id", "lost_reason", "owner",
    "stage",
)  # fmt: skip


class Linked(NamedTuple):
    """A company or contact of the deal: when the CRM said so. Sorting them sorts by freshness."""

    at: int
    present: bool
    primary: bool


class Patched(Struct, frozen=True, array_like=True):
    """What was said in pieces: the newest of each field (`at` says when), of each link, of each contact."""

    fields: DealFields = DealFields()
    at: dict[str, int] = {}
    links: dict[str, Linked] = {}
    contacts: dict[str, Part[DealPerson]] = {}


def patched(row: Patched | None, messages: Sequence[Signal]) -> Patched | None:
    """The pieces after these messages; None while there are none. Of links the 64 freshest are kept."""
    patches = [one for one in messages if isinstance(one, DealPatch)]
    standings = [one for one in messages if isinstance(one, ContactStanding)]
    if not patches and not standings:
        return row
    before = row or Patched()
    fields, at = newest_fields(before.fields, before.at, ((one.fields, one.reported_at) for one in patches))
    links = dict(before.links)
    for one in patches:
        for link in one.links:
            said = Linked(one.reported_at, link.present, link.primary)
            links[link.to] = max(links.get(link.to, said), said)
    contacts = newest(before.contacts, ((one.contact, Part(one.version, one.as_of, one.person)) for one in standings))
    return Patched(fields, at, _bounded(links), _concerned(contacts))


def crowded(row: Patched | None, messages: Iterable[Signal]) -> bool:
    """Whether more companies and contacts are on the deal than it keeps."""
    said = {link.to for one in messages if isinstance(one, DealPatch) for link in one.links}
    return bool(said) and len(said | (row.links if row else {}).keys()) > MAX_LINKS


def heard_at(messages: Iterable[Signal]) -> list[int]:
    """The times that these messages bring, for the row's `as_of`."""
    patches = [one.received_at for one in messages if isinstance(one, DealPatch)]
    return patches + [one.as_of for one in messages if isinstance(one, ContactStanding)]


def facts_of(key: str, report: DealFacts | None, row: Patched | None) -> DealFacts | None:
    """The deal as it stands; None while its status is unknown, and when it was deleted."""
    if row is None:
        return report
    since = 0 if report is None else report.reported_at
    said = {name: value for name, value in said_fields(row.fields).items() if row.at[name] >= since}
    status: Any = said.get("status", report.status if report else None)
    if status is None or said.get("deleted"):
        return None
    unknown = DealFacts(deal_id=key, status=status, account_id=_nameless(key), account_name="", reported_at=0)
    base = report or unknown
    closed_at = _closed_at(row, said, base)
    told = {name: said[name] for name in _AS_SAID if name in said} | {
        "status": status,
        "account_id": _account_id(row, report) or base.account_id,
        "reported_at": max([base.reported_at, *row.at.values(), *(link.at for link in row.links.values())]),
        "lost_at": closed_at if status == "lost" else None,
        "won_at": closed_at if status == "won" else None,
        "lost_stage": said.get("open_stage", base.lost_stage) if status == "lost" else None,
        "people": (*base.people, *_people(row, said)),
    }
    if status != "lost":
        told["lost_reason"] = None
    return DealFacts(**{name: getattr(base, name) for name in base.__struct_fields__} | told)


def wanted(deal_id: str, row: Patched | None, *, as_of: int) -> tuple[ContactWanted, ...]:
    """Questions to the rows of contacts that did not answer yet."""
    if row is None:
        return ()
    asked = {key: row.links[key].at for key in _linked_contacts(row)}
    if isinstance(contact := row.fields.contact, str):
        asked[contact] = max(asked.get(contact, 0), row.at["contact"])
    return tuple(
        ContactWanted(to=key, deal_id=deal_id, at=at, as_of=as_of)
        for key, at in sorted(asked.items())
        if key not in row.contacts
    )


def _people(row: Patched, said: dict[str, Any]) -> list[DealPerson]:
    known = live(row.contacts)
    keys = [*_linked_contacts(row), *([said["contact"]] if said.get("contact") else [])]
    people = [known[key] for key in keys if key in known]
    return people + ([said["person"]] if said.get("person") else [])


def _linked_contacts(row: Patched) -> list[str]:
    return [key for key, link in row.links.items() if link.present and is_contact(key)]


def _account_id(row: Patched, report: DealFacts | None) -> str | None:
    """Who said it last: a whole report, the field, or the primary (else the freshest) linked company."""
    found = [] if report is None else [(report.reported_at, report.account_id)]
    if isinstance(account_id := row.fields.account_id, str):
        found.append((row.at["account_id"], account_id))
    companies = [(link.primary, link.at, key) for key, link in row.links.items()
                 if link.present and not is_contact(key)]  # fmt: skip
    if companies:
        found.append(max(companies)[1:])
    return max(found)[1] if found else None


def _closed_at(row: Patched, said: dict[str, Any], base: DealFacts) -> int:
    """The date that was set with the status or later and is not in the future; else when the CRM said the status."""
    status_at = row.at["status"] if "status" in said else base.lost_at or base.won_at or base.reported_at
    date, date_at = said.get("closed_at"), row.at.get("closed_at", 0)
    if isinstance(date, int) and date_at >= status_at - SAME_MOMENT_MS and date <= date_at:
        return date
    return status_at


def _nameless(deal_id: str) -> str:
    """A deal without a company has an account of its own, as everywhere."""
    _, source, crm_id = deal_id.split(":", 2)
    return f"crm:{source}:deal-{crm_id}"


def _bounded(links: dict[str, Linked]) -> dict[str, Linked]:
    freshest = sorted(links, key=lambda key: (links[key].at, key), reverse=True)[:MAX_LINKS]
    return {key: links[key] for key in sorted(freshest)}


def _concerned(contacts: dict[str, Part[DealPerson]]) -> dict[str, Part[DealPerson]]:
    """The 128 that answered last: those of the links, and as many who left."""
    newest_first = sorted(contacts, key=lambda key: (contacts[key].version, key), reverse=True)[:MAX_CONTACTS]
    return {key: contacts[key] for key in sorted(newest_first)}
