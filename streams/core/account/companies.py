"""What CRMs and imports say of a company: the newest report of each record, each fact by the newest that says it.

Times are UTC milliseconds.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, json
from msgspec.structs import replace

from schemas.activity import Trait
from schemas.deals import CompanyRecord, Owner
from schemas.signals import Intent
from streams.core.account.row import Account, Held
from streams.core.parts import Part, live, newest
from streams.core.rules import Rules
from streams.core.score.fit import fit_of

__all__ = [
    "CompanyFacts", "company_of", "held_by", "newest_intent", "newest_records", "record_key", "with_absorbed",
]  # fmt: skip

MAX_RECORDS: Final = 8
MAX_ABSORBED: Final = 16
MAX_WITHDRAWN: Final = 32
MAX_TEXT: Final = 200


class CompanyFacts(Struct, frozen=True):
    """A company as its records show it. `named_at`: when the record that names it was reported."""

    name: str = ""
    named_at: int = 0
    domain: str = ""
    employees: str = ""
    industry: str = ""
    region: str = ""
    customer: bool = False
    owner: Owner | None = None
    fit: int = 0  # the company's part of the fit that these facts are worth (0-27)


def newest_records(records: Iterable[CompanyRecord]) -> dict[str, CompanyRecord]:
    """The newest report of each record, ties by value; the 8 freshest records."""
    kept: dict[str, CompanyRecord] = {}
    for record in records:
        key, told = record_key(record), _bounded(record)
        if key not in kept or _freshness(told) > _freshness(kept[key]):
            kept[key] = told
    if len(kept) > MAX_RECORDS:
        ranked = sorted(kept, key=lambda key: (_freshness(kept[key]), key), reverse=True)
        kept = {key: kept[key] for key in ranked[:MAX_RECORDS]}
    return dict(sorted(kept.items()))


def record_key(record: CompanyRecord) -> str:
    """What tells one record from others: its source, and the source's id."""
    return f"{record.source}:{record.record_id}"


def newest_intent(intents: Iterable[Intent | None]) -> Intent | None:
    """The freshest of all, ties by value: one counts."""
    return max(
        (one for one in intents if one is not None),
        key=lambda one: (one.at, one.intent_id, one.topic, one.to),
        default=None,
    )


def with_absorbed(row: Account, said: list[tuple[str, Part[Held]]]) -> Account:
    """The row with what accounts hold that forward here: the 16 that spoke last, and the 32 newest that withdrew."""
    if not said:
        return row
    absorbed = newest(row.absorbed, said)
    standing = _last(((part.as_of, who) for who, part in absorbed.items() if part.body is not None), MAX_ABSORBED)
    gone = _last(((part.as_of, who) for who, part in absorbed.items() if part.body is None), MAX_WITHDRAWN)
    return replace(row, absorbed={who: part for who, part in absorbed.items() if who in standing or who in gone})


def held_by(row: Account) -> Held:
    """All that is said of this company, here and by accounts that forward here."""
    absorbed = live(row.absorbed).values()
    if not absorbed:
        return Held(tuple(row.records.values()), row.intent)
    records = newest_records([*row.records.values(), *(record for one in absorbed for record in one.records)])
    return Held(tuple(records.values()), newest_intent([row.intent, *(one.intent for one in absorbed)]))


def company_of(records: Iterable[CompanyRecord], rules: Rules) -> CompanyFacts:
    """What the records say together: each fact by the newest that says it; a customer where any says so."""
    ordered = sorted(records, key=_freshness, reverse=True)
    if not ordered:
        return CompanyFacts()
    named = next((one for one in ordered if one.name), None)
    employees = next((one.employees for one in ordered if one.employees), "")
    region = next((one.region for one in ordered if one.region), "")
    traits = {"employees": Trait(0, employees), "region": Trait(0, region)}
    return CompanyFacts(
        name="" if named is None else named.name,
        named_at=0 if named is None else named.reported_at,
        domain=next((one.domain for one in ordered if one.domain), ""),
        employees=employees,
        industry=next((one.industry for one in ordered if one.industry), ""),
        region=region,
        customer=any(one.customer for one in ordered),
        owner=next((one.owner for one in ordered if one.owner is not None), None),
        fit=fit_of(traits, rules.scoring.rules.fit).company,
    )


def _last(ranked: Iterable[tuple[int, str]], most: int) -> set[str]:
    return {who for _, who in sorted(ranked, reverse=True)[:most]}


def _bounded(record: CompanyRecord) -> CompanyRecord:
    """The record as the row keeps it: the same wherever it was sent, and no text without end."""
    return replace(
        record,
        to="",
        received_at=0,
        name=record.name[:MAX_TEXT],
        domain=record.domain[:MAX_TEXT].strip().lower(),
        employees=record.employees[:MAX_TEXT],
        industry=record.industry[:MAX_TEXT],
        region=record.region[:MAX_TEXT],
    )


def _freshness(record: CompanyRecord) -> tuple[int, bytes]:
    return record.reported_at, json.encode(record)
