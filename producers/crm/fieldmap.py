"""A CRM's own field names, stages and owners, as a TOML file says them (`hubspot.toml` and its neighbours).

Each right-hand side is one name or a list of them: of several the first that a report holds counts.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from producers.crm.mapping_file import mapping_text, tables_of
from producers.crm.values import text_of
from producers.errors import BadSettings
from schemas.deals import DealStatus

__all__ = ["FieldMap", "first_of", "load_fields", "parse_fields"]

SECTIONS: Final[Mapping[str, frozenset[str] | None]] = {
    "deal": frozenset({
        "account_domain", "account_id", "account_name", "amount", "closed_at", "competitor", "contact",
        "contract_ends_at", "currency", "deleted", "follows", "is_closed", "is_won", "lost_reason", "owner",
        "owner_email", "owner_name", "person_email", "person_name", "reported_at", "stage", "status",
    }),
    "company": frozenset({
        "customer", "domain", "employees", "industry", "name", "owner", "owner_email", "owner_name", "region",
        "reported_at",
    }),
    "contact": frozenset({"email", "first_name", "last_name", "reported_at"}),
    "status": frozenset({"customer", "lost", "open", "won"}),
    "stage_names": None,
    "lost_reasons": None,
    "owners": None,
}  # fmt: skip
Names = Mapping[str, tuple[str, ...]]


class FieldMap(Struct, frozen=True, kw_only=True):
    """`deal`, `company` and `contact`: our field -> the CRM's names. `words`: plain word -> status.

    `stage_names`: stage id -> what people call it. `lost_reasons`: plain word -> our reason. `owners`: id ->
    (e-mail, name).
    """

    deal: Names
    company: Names
    contact: Names
    words: Mapping[str, str]
    customers: frozenset[str]
    stage_names: Mapping[str, str]
    lost_reasons: Mapping[str, str]
    owners: Mapping[str, tuple[str, str]]

    def status_of(self, word: Any) -> DealStatus | None:
        """The status that a CRM's word or stage id means."""
        return self.words.get(_plain(text_of(word)))  # type: ignore[return-value]  # checked where it was read

    def reason_of(self, word: Any) -> str:
        """Our reason for a CRM's word, else the word as it is."""
        said = text_of(word)
        return self.lost_reasons.get(_plain(said), said)

    def is_customer(self, word: Any) -> bool:
        """Whether this value marks a customer."""
        return word is True or _plain(text_of(word)) in self.customers


def first_of(record: Mapping[str, Any], names: Iterable[str]) -> tuple[bool, Any]:
    """(whether the record holds any of these, the first that is not empty)."""
    held = [record[name] for name in names if name in record]
    return bool(held), next((value for value in held if value is not None and value != ""), None)


def load_fields(crm: str, path: Path | None) -> FieldMap:
    """The map of this file, or the packaged one of a CRM. Raises BadSettings."""
    setting = f"LEADSTREAM_CRM__{crm.upper()}_MAPPING"
    text, name = mapping_text(path, packaged=f"{crm}.toml", setting=setting)
    return parse_fields(text, name=name)


def parse_fields(text: str, *, name: str) -> FieldMap:
    """Raises BadSettings, which names the file, the field and the fix."""
    said = tables_of(text, name=name)
    for section, table in said.items():
        _check(section, table, name=name)
    status = _lists(said, "status", name=name)
    return FieldMap(
        deal=_lists(said, "deal", name=name),
        company=_lists(said, "company", name=name),
        contact=_lists(said, "contact", name=name),
        words={"open": "open", "won": "won", "lost": "lost"}
        | {_plain(word): meant for meant, words in status.items() if meant != "customer" for word in words},
        customers=frozenset(_plain(word) for word in status.get("customer", ())),
        stage_names={stage: text_of(called) for stage, called in said.get("stage_names", {}).items()},
        lost_reasons={
            _plain(word): reason
            for reason, words in _lists(said, "lost_reasons", name=name).items()
            for word in (reason, *words)
        },
        owners={owner: _address(f"[owners] {owner}", who, name=name) for owner, who in said.get("owners", {}).items()},
    )


def _check(section: str, table: Any, *, name: str) -> None:
    if section not in SECTIONS:
        raise BadSettings(f"{name}: unknown [{section}]{_near(section, SECTIONS)}")
    if not isinstance(table, dict):
        raise BadSettings(f"{name}: {section} is a table: write [{section}]")
    known = SECTIONS[section]
    for field in table if known is not None else ():
        if field not in known:  # type: ignore[operator]  # the loop above is empty then
            raise BadSettings(f'{name}: [{section}] unknown "{field}"{_near(field, known or ())}')


def _lists(said: Mapping[str, Any], section: str, *, name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, value in said.get(section, {}).items():
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(one, str) and one for one in names):
            raise BadSettings(f'{name}: [{section}] {field}: write a name, or a list of names such as ["a", "b"]')
        found[field] = tuple(names)
    return found


def _address(where: str, who: Any, *, name: str) -> tuple[str, str]:
    """`Rita Sommer <rita@planwerk.example>` or a bare address."""
    called, _, rest = who.rpartition("<") if isinstance(who, str) else ("", "", "")
    email = rest.strip().removesuffix(">").strip()
    if "@" not in email:
        raise BadSettings(f'{name}: {where}: write "Name <address>"')
    return email, called.strip()


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
