"""Where a request came from, shortened before it is written: two octets of IPv4, 48 bits of IPv6."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from producers.collector.keys import Headers

__all__ = ["client_of", "shortened"]


def client_of(peer: str | None, headers: Headers, *, proxy_hops: int) -> str | None:
    """The sender's address: the peer's, or what the outermost trusted proxy saw (`proxy_hops` from the right)."""
    if not proxy_hops:
        return peer
    hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    return hops[-proxy_hops].strip() if len(hops) >= proxy_hops else peer


@lru_cache(16_384)
def shortened(address: str | None) -> str | None:
    """`203.0.113.9` -> `203.0.0.0`; None where it is no address.

    >>> shortened("203.0.113.9"), shortened("2001:db8:1:2::3"), shortened("::ffff:203.0.113.9"), shortened("here")
    ('203.0.0.0', '2001:db8:1::', '203.0.0.0', None)
    """
    if not address:
        return None
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    bits = 48 if isinstance(found, IPv6Address) else 16
    return str(ip_network((found, bits), strict=False).network_address)
