"""The mapping file of a CRM: JMESPath expressions by field, and what its words for a status mean."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, cast, get_args

import jmespath
from jmespath.exceptions import JMESPathError
from msgspec import Struct

from producers.crm.mapping_file import mapping_text, tables_of
from producers.errors import BadSettings
from schemas.deals import DealStatus

__all__ = ["FIELDS", "DealMapping", "load", "parse"]

FIELDS: Final = (
    "deal_id", "status", "lost_at", "reported_at", "lost_reason", "lost_stage", "competitor", "amount", "currency",
    "owner_name", "owner_email", "account_id", "account_name", "account_domain", "people", "stage", "won_at",
    "contract_ends_at", "follows",
)  # fmt: skip
COMPANY_FIELDS: Final = (
    "company_id", "name", "domain", "employees", "industry", "region", "customer", "owner_name", "owner_email",
    "reported_at",
)  # fmt: skip
REQUIRED: Final = frozenset({"deal_id", "status"})
STATUSES: Final = frozenset(get_args(DealStatus))


class DealMapping(Struct, frozen=True):
    """Compiled: `fields` of a deal and of a `company` by name, `statuses` by the CRM's word for them."""

    fields: Mapping[str, Any]
    statuses: Mapping[str, DealStatus]
    company: Mapping[str, Any] = {}

    def find(self, body: Any) -> dict[str, Any]:
        """What each field's expression finds in a body, None for nothing."""
        return {name: path.search(body) for name, path in self.fields.items()}

    def find_company(self, body: Any) -> dict[str, Any]:
        """The same for a company."""
        return {name: path.search(body) for name, path in self.company.items()}

    def status_of(self, word: Any) -> DealStatus | None:
        """The status that a CRM's word means."""
        return self.statuses.get(_plain(word)) if isinstance(word, str) else None


def load(path: Path | None) -> DealMapping:
    """The mapping of this file, or the packaged one. Raises BadSettings."""
    text, name = mapping_text(path, packaged="generic.toml", setting="LEADSTREAM_CRM__MAPPING")
    return parse(text, name=name)


def parse(text: str, *, name: str) -> DealMapping:
    """Raises BadSettings, which names the file, the field and the fix."""
    tables = tables_of(text, name=name)
    fields = tables.get("deal", {})
    for missing in sorted(REQUIRED - fields.keys()):
        raise BadSettings(f"{name}: [deal] needs {missing}")
    return DealMapping(
        fields=_compiled_all("deal", fields, FIELDS, name=name),
        company=_compiled_all("company", tables.get("company", {}), COMPANY_FIELDS, name=name),
        statuses=_statuses(tables.get("status", {}), name=name),
    )


def _compiled_all(table: str, paths: Mapping[str, Any], known: Sequence[str], *, name: str) -> dict[str, Any]:
    for field in paths:
        if field not in known:
            near = get_close_matches(field, known, n=1)
            raise BadSettings(f'{name}: [{table}] unknown "{field}"' + (f'; did you mean "{near[0]}"?' if near else ""))
    return {field: _compiled(table, field, path, name=name) for field, path in paths.items()}


def _compiled(table: str, field: str, path: Any, *, name: str) -> Any:
    try:
        return jmespath.compile(path)
    except (JMESPathError, TypeError, AttributeError) as error:
        raise BadSettings(f"{name}: [{table}] {field}: not a JMESPath expression: {path!r}") from error


def _statuses(table: Mapping[str, Any], *, name: str) -> dict[str, DealStatus]:
    for status in table:
        if status not in STATUSES:
            raise BadSettings(f'{name}: [status] unknown "{status}"; there are {", ".join(sorted(STATUSES))}')
    words = {_plain(word): status for status, them in table.items() for word in them}
    return {_plain(status): cast("DealStatus", status) for status in STATUSES} | cast("dict[str, DealStatus]", words)


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
