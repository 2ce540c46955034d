"""Any CRM that can post JSON: a mapping file says where its body holds what.

`python -m producers.crm.generic --dry-run body.json` prints the signal that a body would become.
"""

import argparse
import json
import math
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins

from producers.crm.mapping import DealMapping, load
from producers.errors import BadSettings, Refusal, Refused, Unmappable
from schemas.deals import DealFacts, DealPerson, DealReport, Owner
from schemas.ids import Naming, deal_id_of, normalised_email, registrable_domain
from schemas.times import milliseconds_of

__all__ = ["CRM", "MOST_DEALS", "deal_report", "parse_body", "preview"]

CRM: Final = "generic"
MOST_DEALS: Final = 500
MOST_PEOPLE: Final = 64
MOST_TEXT: Final = 200
_SCHEME: Final = re.compile(r"^[a-z]+://", re.IGNORECASE)
_LONE: Final = re.compile(r"[\ud800-\udfff]")


def parse_body(body: bytes) -> list[Any]:
    """The deals of a body, one object or a list of them. Raises Refused: JSON, DEPTH, TOO_MANY."""
    try:
        found = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise Refused(Refusal.DEPTH, "nested too deeply") from error
    except ValueError as error:
        raise Refused(Refusal.JSON, str(error)) from error
    deals = found if isinstance(found, list) else [found]
    if len(deals) > MOST_DEALS:
        raise Refused(Refusal.TOO_MANY, f"{len(deals)} deals, more than {MOST_DEALS}")
    return deals


def deal_report(deal: Any, *, mapping: DealMapping, naming: Naming, received_at: int) -> DealReport:
    """The signal of one deal. Raises Unmappable, which names the field.

    `reported_at` decides which of two reports is the newer: the CRM's own time of change, else the time of arrival.
    (A closing time would be the same for each resend, but CRMs backdate it, and then the report that a deal is lost
    would lose against the older one that it is open.)
    """
    found = mapping.find(deal) if isinstance(deal, dict) else {}
    crm_id = _text(found.get("deal_id"))
    if not crm_id:
        raise Unmappable("deal_id: nothing there")
    status = mapping.status_of(found.get("status"))
    if status is None:
        raise Unmappable(f"status: {_text(found.get('status')) or 'nothing'} is no known word, see [status]")
    reported_at = _time("reported_at", found.get("reported_at")) or received_at
    lost_at = _time("lost_at", found.get("lost_at"))
    account_name = _text(found.get("account_name"))
    deal_id = deal_id_of(CRM, crm_id)
    facts = DealFacts(
        deal_id=deal_id,
        status=status,
        account_id=_account_id(found, name=account_name, crm_id=crm_id),
        account_name=account_name,
        reported_at=reported_at,
        lost_at=(lost_at or reported_at) if status == "lost" else None,
        lost_reason=_text(found.get("lost_reason")) or None,
        lost_stage=_text(found.get("lost_stage")) or None,
        competitor=_text(found.get("competitor")) or None,
        amount=_amount(found.get("amount")),
        currency=_text(found.get("currency")).upper() or None,
        owner=_owner(found, naming),
        people=_people(found.get("people"), naming),
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


def _account_id(found: dict[str, Any], *, name: str, crm_id: str) -> str:
    """The company's domain; else a key of its own, so that the deal is kept and not lost."""
    written = _text(found.get("account_domain")).lower()
    host = _SCHEME.sub("", written).partition("/")[0].rpartition("@")[2].partition(":")[0]
    domain = registrable_domain(host) if host else None
    if domain:
        return domain
    slug = re.sub(r"\W+", "-", name.casefold()).strip("-")
    return f"crm:{CRM}:{_text(found.get('account_id')) or slug or 'deal-' + crm_id}"


def _owner(found: dict[str, Any], naming: Naming) -> Owner | None:
    written = _text(found.get("owner_email"))
    if not written:
        return None
    email = normalised_email(written)
    if email is None:
        raise Unmappable("owner_email: not an address")
    return Owner(naming.recipient_of(email), _text(found.get("owner_name")), email)


def _people(found: Any, naming: Naming) -> tuple[DealPerson, ...]:
    """Those with an address, once each: without one nobody can be recognised."""
    if not isinstance(found, list):
        return ()
    people: dict[str, DealPerson] = {}
    for person in found:
        if not isinstance(person, dict):
            continue
        email = normalised_email(_text(person.get("email")))
        if email is not None:
            people.setdefault(email, DealPerson(naming.lead_of_email(email), email, _text(person.get("name"))))
    return tuple(people.values())[:MOST_PEOPLE]


def _amount(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        amount = float(value.replace(",", "").replace(" ", "") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unmappable("amount: not a number") from error
    if not math.isfinite(amount) or amount < 0 or isinstance(value, bool):
        raise Unmappable("amount: not an amount")
    return amount


def _time(field: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    at = milliseconds_of(value) if isinstance(value, str | int | float) else None
    if at is None:
        raise Unmappable(f"{field}: neither ISO 8601 nor seconds or milliseconds")
    return at


def _text(value: Any) -> str:
    """One printable line, "" for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = _LONE.sub("\ufffd", str(value))
    return "".join(c if c.isprintable() else " " for c in line).strip()[:MOST_TEXT]


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


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
        said = preview(body, mapping=load(chosen), naming=naming, received_at=time.time_ns() // 1_000_000)
    except (BadSettings, Refused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
