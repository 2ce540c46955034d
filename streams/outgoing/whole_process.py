"""This process connects to public addresses and to hosts that the settings name, whatever opens the socket.

For libraries that look names up themselves: what a look before it found says nothing of what theirs finds. Python tells
an audit hook of each connect and each datagram, in all threads, before it happens; a hook is never taken off again.
Where a name instead of a number is given, nobody sees what is found for it, and a program that is started has no hook:
neither happens. A library that opens sockets in C would not be seen; no service of Apprise has one.
"""

import errno
import socket
import sys
from typing import Final

from streams.outgoing.addresses import NAMES_A_HOST, Reach, is_public

__all__ = ["guard_process"]

_PLACES: Final = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}  # where the address stands
_STARTS: Final = frozenset({"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"})


def guard_process(reach: Reach) -> None:
    """From now on whatever connects elsewhere gets a PermissionError. Call it once, before anything is sent."""

    def look(event: str, about: tuple[object, ...]) -> None:
        place = _PLACES.get(event)
        if place is not None:
            _admit(about[place], reach)
        elif event in _STARTS:
            raise PermissionError(errno.EPERM, "a program of its own would not be guarded")

    sys.addaudithook(look)


def _admit(address: object, reach: Reach) -> None:
    """None: a datagram to whom the socket is connected, who was looked at then. Raises PermissionError."""
    if address is None:
        return
    host = str(address[0]) if isinstance(address, tuple) and address else ""
    try:
        admitted = is_public(host) or host in _named(reach)
    except ValueError:
        admitted = False  # a name, or a socket of this machine
    if not admitted:
        raise PermissionError(errno.EACCES, f"leads to an inside address; if it is yours, name it in {NAMES_A_HOST}")


def _named(reach: Reach) -> set[str]:
    """The addresses of the hosts that the settings name, as they are now."""
    found: set[str] = set()
    for host in reach.private_hosts:
        try:
            found.update(str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            continue
    return found
