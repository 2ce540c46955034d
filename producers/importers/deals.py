"""A row of deals to a deal as POST /v1/crm/generic reads it."""

import re
from typing import Any, Final

from producers.crm.generic import deal_report
from producers.crm.mapping import DealMapping
from producers.crm.values import domain_of, text_of
from producers.errors import Unmappable
from producers.importers.cells import amount_in
from producers.importers.headers import plain, words
from producers.importers.reading import Reading
from schemas.ids import account_id_of, normalised_email

__all__ = ["deal_of"]

_AS_WRITTEN: Final = {
    "competitor": "competitor", "currency": "currency", "lost_stage": "lost_stage", "stage": "stage",
    "follows": "follows_deal_id",
}  # fmt: skip
_BETWEEN: Final = re.compile(r"[;,\s]+")


def deal_of(cells: dict[str, str], reading: Reading, *, mapping: DealMapping) -> dict[str, Any]:
    """Checked as the collector will. Raises Unmappable."""
    status = _status(cells)
    deal: dict[str, Any] = {"deal_id": _deal_id(cells, reading), "status": status}
    deal |= {name: text_of(cells[field]) for field, name in _AS_WRITTEN.items() if field in cells}
    deal |= _money(cells, reading) | reading.owner(cells) | _times(cells, status, reading)
    if "lost_reason" in cells:
        reason = text_of(cells["lost_reason"])
        deal["lost_reason"] = words().lost_reasons.get(plain(reason), reason)
    people = _people(cells)
    if people:
        deal["people"] = people
    deal["account"] = _account(cells, people)
    deal_report(deal, mapping=mapping, naming=reading.naming, received_at=reading.as_of, crm=reading.crm)
    return deal


def _deal_id(cells: dict[str, str], reading: Reading) -> str:
    """The CRM's id; without one an id that follows from name, company and person. Raises Unmappable."""
    if "external_id" in cells:
        return text_of(cells["external_id"])
    if "name" not in cells:
        raise Unmappable("external_id: nothing there, and no name either")
    said = (cells["name"], cells.get("account_name", ""), cells.get("account_domain", ""))
    return "row-" + reading.pseudonym("deal", *map(plain, said))


def _status(cells: dict[str, str]) -> str:
    """Won and lost by their words; a stage that has neither is open. Raises Unmappable."""
    if "status" in cells:
        found = words().status.get(plain(cells["status"]))
        if found is None:
            raise Unmappable(f"status: {cells['status']!r} is none of open, won, lost")
        return found
    if "stage" not in cells:
        raise Unmappable("stage: nothing there")
    return words().status.get(plain(cells["stage"]), "open")


def _money(cells: dict[str, str], reading: Reading) -> dict[str, Any]:
    if "amount" not in cells:
        return {}
    amount, currency = amount_in(cells["amount"], decimal_comma=reading.decimal_comma)
    return {"amount": amount} | ({"currency": currency} if currency and "currency" not in cells else {})


def _times(cells: dict[str, str], status: str, reading: Reading) -> dict[str, int]:
    """A closing date counts for a deal that is closed; of an open one it is a forecast."""
    found = {"updated_at": reading.time(cells, "updated_at") or reading.as_of}
    closed_at = reading.time(cells, f"{status}_at") or reading.time(cells, "closed_at") if status != "open" else None
    if closed_at is not None:
        found[f"{status}_at"] = closed_at
    ends_at = reading.time(cells, "contract_ends_at")
    return found | ({"contract_ends_at": ends_at} if ends_at is not None else {})


def _people(cells: dict[str, str]) -> list[dict[str, str]]:
    """Every address in the cell; a name belongs to a single one. Raises Unmappable."""
    written = [one for one in _BETWEEN.split(cells.get("people", "")) if one]
    emails = [normalised_email(one) for one in written]
    if None in emails:
        raise Unmappable(f"people: {written[emails.index(None)]!r} is no address")
    name = text_of(cells.get("person_name")) if len(written) == 1 else ""
    return [{"email": email, "name": name} for email in dict.fromkeys(one for one in emails if one)]


def _account(cells: dict[str, str], people: list[dict[str, str]]) -> dict[str, str]:
    """The company; without a domain of its own that of the first person who does not write from free mail."""
    domain = domain_of(cells.get("account_domain")) or next(
        (found for one in people if (found := account_id_of(one["email"]))), ""
    )
    said = {"id": cells.get("account_id", ""), "name": cells.get("account_name", ""), "domain": domain}
    return {name: text for name, value in said.items() if (text := text_of(value))}
