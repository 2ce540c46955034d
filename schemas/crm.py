"""What a CRM says in pieces: its webhooks report one property of one thing at a time, and name people by ids.

A field that is absent was not said; None says that there is none. Times are UTC milliseconds.
"""

from msgspec import UNSET, Struct, UnsetType

from schemas.activity import Version
from schemas.deals import DealPerson, DealStatus, Owner

__all__ = [
    "ContactFields", "ContactRecord", "ContactStanding", "ContactWanted", "DealFields", "DealLink", "DealPatch",
]  # fmt: skip


class DealFields(Struct, frozen=True, kw_only=True):
    """Some of what a CRM knows of a deal. `contact` is the key of a contact's row, `person` one with an e-mail."""

    status: DealStatus | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    stage: str | UnsetType | None = UNSET
    open_stage: str | UnsetType | None = UNSET  # the last one before it was closed
    closed_at: int | UnsetType | None = UNSET  # of an open deal a forecast
    lost_reason: str | UnsetType | None = UNSET
    competitor: str | UnsetType | None = UNSET
    contract_ends_at: int | UnsetType | None = UNSET
    amount: float | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    owner: Owner | UnsetType | None = UNSET
    account_id: str | UnsetType | None = UNSET
    account_name: str | UnsetType = UNSET
    contact: str | UnsetType | None = UNSET
    person: DealPerson | UnsetType | None = UNSET
    follows_deal_id: str | UnsetType | None = UNSET


class DealLink(Struct, frozen=True, kw_only=True):
    """That a company (an account id) or a contact (its row's key) is on the deal, or no longer."""

    to: str
    present: bool
    primary: bool = False


class DealPatch(Struct, frozen=True, kw_only=True, tag_field="t", tag="deal_patch"):
    """Signal to a deal's row: at `reported_at` the CRM said this much of it. Of each field the newest wins."""

    v: int = 1
    to: str  # deal_id
    source: str
    reported_at: int
    received_at: int
    fields: DealFields = DealFields()
    links: tuple[DealLink, ...] = ()


class ContactFields(Struct, frozen=True, kw_only=True):
    """Some of what a CRM knows of a person. `email` is normalised."""

    email: str | UnsetType | None = UNSET
    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET


class ContactRecord(Struct, frozen=True, kw_only=True, tag_field="t", tag="contact"):
    """Signal to a contact's row: at `reported_at` the CRM said this much of it. Of each field the newest wins."""

    v: int = 1
    to: str  # `contact:<source>:<id>`
    source: str
    reported_at: int
    received_at: int
    fields: ContactFields


class ContactWanted(Struct, frozen=True, kw_only=True, tag_field="t", tag="contact_wanted"):
    """From a deal's row to that of a contact that it names by its id: who is that? `at`: when they were linked."""

    v: int = 1
    to: str
    deal_id: str
    at: int
    as_of: int


class ContactStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="contact_standing"):
    """From a contact's row to a deal's that asked: who it is. `person` None: the CRM has no e-mail of it any more."""

    v: int = 1
    to: str  # deal_id
    contact: str
    version: Version
    as_of: int
    person: DealPerson | None
