"""A CRM deal: the report that a connector writes, and what the deal's row tells its account and its people."""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Version

__all__ = ["CompanyRecord", "DealFacts", "DealPerson", "DealReport", "DealStanding", "DealStatus", "Owner"]

DealStatus: TypeAlias = Literal["open", "won", "lost", "deleted"]


class Owner(Struct, frozen=True):
    """Who sells: `recipient_id` is the keyed pseudonym of the e-mail (`schemas/ids.py`)."""

    recipient_id: str
    name: str
    email: str


class DealPerson(Struct, frozen=True):
    """A person on the deal: `lead_id` follows from the e-mail."""

    lead_id: str
    email: str
    name: str


class DealFacts(Struct, frozen=True, kw_only=True):
    """What a CRM says of one deal. `amount` is in whole units of `currency`; times are UTC milliseconds.

    A `deleted` deal stands for nobody: no account and no person hears of it. The last two the deal's row says itself.
    """

    deal_id: str
    status: DealStatus
    account_id: str
    account_name: str
    reported_at: int  # the CRM's own time of this version: the greatest wins
    lost_at: int | None = None
    lost_reason: str | None = None
    lost_stage: str | None = None
    competitor: str | None = None
    amount: float | None = None
    currency: str | None = None
    owner: Owner | None = None
    people: tuple[DealPerson, ...] = ()
    stage: str | None = None  # where it stands in the CRM
    won_at: int | None = None
    contract_ends_at: int | None = None  # of the rival that won it
    follows_deal_id: str | None = None  # the lost deal that it takes up again
    moved: int = 0  # how often it changed its account: numbers of alerts go on beyond the former account's
    reset_at: int | None = None  # when an alert of it was claimed or closed where it was before its domain was known


class CompanyRecord(Struct, frozen=True, kw_only=True, tag_field="t", tag="company"):
    """Signal to an account's row: what a CRM or an import says of a company. The newest `reported_at` of each wins.

    `to` is a domain, or `crm:<source>:<id>` where no domain is known; `domain` names it once it is. `customer`: the
    CRM's own mark.
    """

    v: int = 1
    to: str
    source: str
    record_id: str
    reported_at: int
    received_at: int
    name: str = ""
    domain: str = ""
    employees: str = ""
    industry: str = ""
    region: str = ""
    customer: bool = False
    owner: Owner | None = None


class DealReport(Struct, frozen=True, kw_only=True, tag_field="t", tag="deal_report"):
    """Signal to a deal's row: the CRM reported this version."""

    v: int = 1
    to: str  # deal_id
    received_at: int
    deal: DealFacts


class DealStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="deal"):
    """From a deal's row to its account (signal) and to each of its people (touch). `deal` None withdraws."""

    v: int = 1
    to: str
    deal_id: str
    version: Version
    as_of: int
    deal: DealFacts | None
