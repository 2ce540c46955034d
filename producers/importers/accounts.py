"""A row of accounts to a company as POST /v1/crm/generic/companies reads it."""

from typing import Any, Final

from producers.crm.generic import company_record
from producers.crm.mapping import DealMapping
from producers.crm.values import text_of
from producers.importers.reading import Reading

__all__ = ["company_of"]

_AS_WRITTEN: Final = ("name", "domain", "employees", "industry", "region")


def company_of(cells: dict[str, str], reading: Reading, *, mapping: DealMapping) -> dict[str, Any]:
    """Checked as the collector will. Raises Unmappable."""
    company: dict[str, Any] = {name: text_of(cells[name]) for name in _AS_WRITTEN if name in cells}
    if "external_id" in cells:
        company["company_id"] = text_of(cells["external_id"])
    if "customer" in cells:
        company["customer"] = reading.yes(cells["customer"]) is True
    company |= reading.owner(cells)
    company["updated_at"] = reading.time(cells, "updated_at") or reading.as_of
    company_record(company, mapping=mapping, naming=reading.naming, received_at=reading.as_of, crm=reading.crm)
    return company
