"""Where a request came from, shortened before it is written: two octets of IPv4, 48 bits of IPv6."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

from schemas.lookups import remembered

__all__ = ["client_in", "client_of", "network_of", "shortened"]

FORWARDED: Final = b"x-forwarded-for"


def client_of(peer: str | None, headers: Iterable[tuple[bytes, bytes]], *, proxy_hops: int) -> str | None:
    """The sender's address: the peer's, or what the outermost trusted proxy saw (`proxy_hops` from the right).

    What stands further left was said by the sender and is believed by nobody. A header that comes in several lines is
    one list.
    """
    if not proxy_hops:
        return peer
    lines = [value.decode("latin-1") for name, value in headers if name == FORWARDED]
    hops = ",".join(lines).split(",") if lines else []
    return hops[-proxy_hops].strip() if len(hops) >= proxy_hops else peer


def client_in(scope: Mapping[str, Any], *, proxy_hops: int) -> str | None:
    """The same of an ASGI scope."""
    peer = scope.get("client")
    return client_of(peer[0] if peer else None, scope["headers"], proxy_hops=proxy_hops)


@remembered("truncated_addresses", most=16_384)
def shortened(address: str | None) -> str | None:
    """`203.0.113.9` -> `203.0.0.0`; None where it is no address.

    >>> shortened("203.0.113.9"), shortened("[2001:db8:1:2::3]:443"), shortened("::ffff:203.0.113.9"), shortened("here")
    ('203.0.0.0', '2001:db8:1::', '203.0.0.0', None)
    """
    found = _parsed(address)
    if found is None:
        return None
    bits = 48 if isinstance(found, IPv6Address) else 16
    return str(ip_network((found, bits), strict=False).network_address)


@remembered("networks", most=16_384)
def network_of(address: str | None) -> str | None:
    """Whom a limit holds together: an IPv4 /24, an IPv6 /64. Never written anywhere.

    None where it is no address, and where it is no public one: a proxy of ours, or somebody in the house.

    >>> network_of("198.41.0.4"), network_of("2600:1:2:3:4::5"), network_of("10.0.0.1")
    ('198.41.0.0/24', '2600:1:2:3::/64', None)
    """
    found = _parsed(address)
    if found is None or not found.is_global:
        return None
    bits = 64 if isinstance(found, IPv6Address) else 24
    return str(ip_network((found, bits), strict=False))


def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    """Also as some proxies write it: with a port, IPv6 in brackets."""
    said = address or ""
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        found = ip_address(said)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
