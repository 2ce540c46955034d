"""Any CRM that can post JSON: a mapping file says where its body holds what.

`python -m producers.crm.generic --dry-run body.json` prints the signal that a body would become.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins

from producers.crm.bodies import parse_body
from producers.crm.mapping import DealMapping, load
from producers.crm.values import amount_of, domain_of, owner_of, slug_of, text_of, time_of
from producers.errors import BadSettings, Refused, Unmappable
from running.wall_clock import utc_ms
from schemas.deals import CompanyRecord, DealFacts, DealPerson, DealReport
from schemas.ids import Naming, deal_id_of, normalised_email

__all__ = ["CRM", "company_record", "deal_report", "preview"]

CRM: Final = "generic"
MOST_PEOPLE: Final = 64
CUSTOMER_WORDS: Final = frozenset({"customer", "true", "yes", "y", "1"})


def deal_report(
    deal: Any, *, mapping: DealMapping, naming: Naming, received_at: int, crm: str = CRM
) -> DealReport:
    """The signal of one deal. Raises Unmappable, which names the field.

    `reported_at` decides which of two reports is the newer: the CRM's own time of change, else the time of arrival.
    (A closing time would be the same for each resend, but CRMs backdate it, and then the report that a deal is lost
    would lose against the older one that it is open.)
    """
    found = mapping.find(deal) if isinstance(deal, dict) else {}
    crm_id = text_of(found.get("deal_id"))
    if not crm_id:
        raise Unmappable("deal_id: nothing there")
    status = mapping.status_of(found.get("status"))
    if status is None:
        raise Unmappable(f"status: {text_of(found.get('status')) or 'nothing'} is no known word, see [status]")
    reported_at = time_of(found.get("reported_at"), "reported_at") or received_at
    lost_at = time_of(found.get("lost_at"), "lost_at")
    won_at = time_of(found.get("won_at"), "won_at")
    follows = text_of(found.get("follows"))
    account_name = text_of(found.get("account_name"))
    deal_id = deal_id_of(crm, crm_id)
    facts = DealFacts(
        deal_id=deal_id,
        status=status,
        account_id=_account_id(found, crm=crm, name=account_name, crm_id=crm_id),
        account_name=account_name,
        reported_at=reported_at,
        lost_at=(lost_at or reported_at) if status == "lost" else None,
        lost_reason=text_of(found.get("lost_reason")) or None,
        lost_stage=text_of(found.get("lost_stage")) or None,
        competitor=text_of(found.get("competitor")) or None,
        amount=amount_of(found.get("amount")),
        currency=text_of(found.get("currency")).upper() or None,
        owner=owner_of(found.get("owner_email"), found.get("owner_name"), naming),
        people=_people(found.get("people"), naming),
        stage=text_of(found.get("stage")) or None,
        won_at=(won_at or reported_at) if status == "won" else None,
        contract_ends_at=time_of(found.get("contract_ends_at"), "contract_ends_at"),
        follows_deal_id=deal_id_of(crm, follows) if follows else None,
    )
    return DealReport(to=deal_id, received_at=received_at, deal=facts)


def preview(body: bytes, *, mapping: DealMapping, naming: Naming, received_at: int) -> str:
    """What a body would become, for people to read. Raises Refused where it is no JSON."""
    lines: list[str] = []
    for deal in parse_body(body):
        try:
            report = deal_report(deal, mapping=mapping, naming=naming, received_at=received_at)
        except Unmappable as error:
            lines.append(f"rejected: {error}")
        else:
            lines.append(json.dumps(to_builtins(report), indent=2, ensure_ascii=False))
    return "\n".join(lines)


def company_record(
    company: Any, *, mapping: DealMapping, naming: Naming, received_at: int, crm: str = CRM
) -> CompanyRecord:
    """The signal of one company. Raises Unmappable, which names the field.

    A company with an id is told to the row of that id, which forwards to its domain: deals may name either.
    """
    found = mapping.find_company(company) if isinstance(company, dict) else {}
    name, domain, crm_id = text_of(found.get("name")), domain_of(found.get("domain")), text_of(found.get("company_id"))
    key = crm_id or ("" if domain else slug_of(name))
    if not key and not domain:
        raise Unmappable("company: neither id nor domain nor name")
    to = f"crm:{crm}:{key}" if key else domain
    return CompanyRecord(
        to=to,
        source=crm,
        record_id=key or domain,
        reported_at=time_of(found.get("reported_at"), "reported_at") or received_at,
        received_at=received_at,
        name=name,
        domain=domain,
        employees=text_of(found.get("employees")),
        industry=text_of(found.get("industry")),
        region=text_of(found.get("region")),
        customer=found.get("customer") is True or text_of(found.get("customer")).lower() in CUSTOMER_WORDS,
        owner=owner_of(found.get("owner_email"), found.get("owner_name"), naming),
    )


def _account_id(found: dict[str, Any], *, crm: str, name: str, crm_id: str) -> str:
    """The company's domain; else a key of its own, so that the deal is kept and not lost."""
    domain = domain_of(found.get("account_domain"))
    return domain or f"crm:{crm}:{text_of(found.get('account_id')) or slug_of(name) or 'deal-' + crm_id}"


def _people(found: Any, naming: Naming) -> tuple[DealPerson, ...]:
    """Those with an address, once each: without one nobody can be recognised."""
    if not isinstance(found, list):
        return ()
    people: dict[str, DealPerson] = {}
    for person in found:
        if not isinstance(person, dict):
            continue
        email = normalised_email(text_of(person.get("email")))
        if email is not None:
            people.setdefault(email, DealPerson(naming.lead_of_email(email), email, text_of(person.get("name"))))
    return tuple(people.values())[:MOST_PEOPLE]


def main() -> int:
    """The command line. Exit code 0, or 2 with one clear message."""
    parser = argparse.ArgumentParser(prog="python -m producers.crm.generic", description="Deals by a mapping file.")
    parser.add_argument("--dry-run", type=Path, required=True, metavar="FILE", help="a body, - for standard input")
    parser.add_argument("--mapping", type=Path, default=None, help="default: LEADSTREAM_CRM__MAPPING")
    asked = parser.parse_args()
    named = os.environ.get("LEADSTREAM_CRM__MAPPING")
    chosen = asked.mapping or (Path(named) if named else None)
    naming = Naming(os.environ.get("LEADSTREAM_SECRET", "dry-run: ids are not real").encode())
    try:
        body = sys.stdin.buffer.read() if str(asked.dry_run) == "-" else asked.dry_run.read_bytes()
        said = preview(body, mapping=load(chosen), naming=naming, received_at=utc_ms())
    except (BadSettings, Refused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
