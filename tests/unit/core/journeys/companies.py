"""Journeys of companies: what a CRM records of one (`company`), and what a third party saw (`intent`, at an `account`).

The account of a deal or a company is its `domain`, or the `company_id` that the CRM has for it.
"""

from typing import Any

from schemas.deals import CompanyRecord, Owner
from schemas.ids import registrable_domain
from schemas.signals import Intent
from tests.unit.core.made import NAMING
from tests.unit.core.whole import WholeCore

__all__ = ["account_of", "record", "see"]


def account_of(facts: dict[str, Any]) -> str:
    """By the company's domain, or by the id that a CRM has for it."""
    if "company_id" in facts:
        return f"crm:generic:{facts['company_id']}"
    return registrable_domain(facts["domain"]) or str(facts["domain"])


def record(core: WholeCore, line: dict[str, Any], at: int) -> None:
    """A CRM reports a company."""
    said = dict(line["company"])
    crm_id, owner = said.pop("id"), said.pop("owner", None)
    core.hears("accounts", CompanyRecord(
        to=account_of({"company_id": crm_id}), source="generic", record_id=crm_id, reported_at=at, received_at=at,
        owner=None if owner is None else Owner(NAMING.recipient_of(owner), owner, owner), **said,
    ))  # fmt: skip


def see(core: WholeCore, line: dict[str, Any], at: int) -> None:
    """A third party saw an account read about what we sell."""
    core.hears("accounts", Intent(to=line["account"], intent_id=f"intent@{at}", at=at, topic=line["intent"]))
