"""Where a deal belongs: the account that its CRM names, and what a CRM's id turned out to be.

Times are UTC milliseconds.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from schemas.ids import is_crm_account, registrable_domain
from schemas.signals import DealAddress, Signal
from streams.core.parts import Part, newest
from streams.core.rules import Rules

__all__ = ["Address", "account_of", "address_at", "named_by", "settled_at", "with_addresses"]

MAX_ADDRESSES: Final = 8


class Address(Struct, frozen=True, array_like=True):
    """The account that a CRM's id turned out to be ("" = itself again), and when an alert was settled under the id."""

    domain: str
    reset_at: int


Addresses = dict[str, Part[Address]]


def with_addresses(addresses: Addresses, messages: Iterable[Signal]) -> Addresses:
    """What CRM ids turned out to be, after these messages; of those that this deal ever named the 8 that spoke last."""
    said = [
        (one.account_id, Part(one.version, one.as_of, Address(one.domain, one.reset_at)))
        for one in messages
        if isinstance(one, DealAddress)
    ]
    if not said:
        return addresses
    after = newest(addresses, said)
    ranked = sorted(after, key=lambda one: (after[one].as_of, one), reverse=True)[:MAX_ADDRESSES]
    return {account_id: after[account_id] for account_id in sorted(ranked)}


def address_at(messages: Iterable[Signal]) -> list[int]:
    """The times that these messages bring, for the row's `as_of`."""
    return [one.as_of for one in messages if isinstance(one, DealAddress)]


def named_by(account_id: str, rules: Rules) -> str:
    """The account that a report names, "" for none: free mail never is one, whatever a CRM takes for a domain."""
    if is_crm_account(account_id):
        return account_id
    domain = registrable_domain(account_id)
    return "" if domain is None else rules.routing.company(domain)


def account_of(named: str, addresses: Mapping[str, Part[Address]], rules: Rules) -> str:
    """The account that the named one is."""
    address = addresses.get(named)
    domain = "" if address is None or address.body is None else address.body.domain
    return rules.routing.company(domain) if domain else named


def settled_at(account_id: str, addresses: Mapping[str, Part[Address]]) -> int | None:
    """When an alert was settled under a CRM's id that is this account: also if the CRM names the domain later."""
    found = [part.body.reset_at for part in addresses.values() if part.body and part.body.domain == account_id]
    return max(found, default=0) or None
