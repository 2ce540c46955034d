"""Where we may go: public addresses by https, and hosts that the settings name.

`is_global` alone lets through addresses that a translator or a tunnel leads inside again, so a list of our own stands
on top of it; of IPv6 only 2000::/3 is open at all.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpcore
from msgspec import Struct

from streams.outgoing.errors import Forbidden, Unreached

__all__ = ["NAMES_A_HOST", "Reach", "Resolve", "is_public", "number_of", "resolved"]

PORTS: Final = (443, 8443)
NAMES_A_HOST: Final = "LEADSTREAM_OUTGOING__PRIVATE_HOSTS"
_CLOSED_4: Final = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
_OPEN_6: Final = IPv6Network("2000::/3")
_CLOSED_6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


def is_public(address: str) -> bool:
    """Whether an IP address, as a resolver writes it, is one of the open internet."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global or found.is_multicast:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in one for one in _CLOSED_4)
    return found in _OPEN_6 and not any(found in one for one in _CLOSED_6)


class Reach(Struct, frozen=True):
    """`private_hosts` are let through wherever they lead, by http too and on any port; in lower case."""

    private_hosts: frozenset[str] = frozenset()

    def parsed(self, text: str) -> httpcore.URL:
        """The address, if its text alone speaks for it; a number is looked at in every spelling. Raises Forbidden."""
        try:
            url = httpcore.URL(text)
            host, port = url.host.decode("ascii").lower(), url.origin.port
        except (ValueError, KeyError, TypeError) as error:
            raise Forbidden("this is no web address: it must begin with https://") from error
        if not host or "@" in urlsplit(text).netloc or not text.isprintable() or any(mark in text for mark in " \\"):
            raise Forbidden("this is no web address: it must begin with https://host")
        if self.names(host):
            return url
        if url.scheme != b"https":
            raise Forbidden(f"only https:// leaves; for a host of your own name it in {NAMES_A_HOST}")
        if port not in PORTS:
            raise Forbidden(f"only the ports 443 and 8443 are open, not {port}; see {NAMES_A_HOST}")
        if number := _number(host, port):
            self.admitted(host, [number])
        return url

    def names(self, host: str) -> bool:
        """Whether the settings let this host through."""
        return host.lower() in self.private_hosts

    def admitted(self, host: str, addresses: Iterable[str]) -> tuple[str, ...]:
        """All addresses of a host: if one of them leads inside, none is used. Raises Forbidden, Unreached."""
        found = tuple(dict.fromkeys(addresses))
        if not found:
            raise Unreached(f"{host} has no address")
        if not self.names(host) and not all(map(is_public, found)):
            raise Forbidden(f"{host} leads to an inside address; if it is yours, name it in {NAMES_A_HOST}")
        return found


def number_of(host: str) -> str:
    """The address that a host is some spelling of, such as 127.1; "" = it is a name. Asks nobody."""
    return _number(host.strip("[]"), PORTS[0])


def _number(host: str, port: int) -> str:
    """The address that a host is another spelling of, such as 127.1; "" = it is a name. Asks nobody."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return ""
    return str(found[0][4][0])


async def resolved(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, odd spellings too, as the system's resolver finds them. Raises Unreached."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached(f"{host} has no address") from error
    return tuple(str(one[4][0]) for one in found)
