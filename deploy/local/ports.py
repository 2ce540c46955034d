"""Free ports of this machine, 127.0.0.1 only, and none that the system hands out by itself.

Nobody holds a port between choosing it and listening on it, nor while a process starts again on its own. One of those
that the system takes for outgoing connections may go to such a connection meanwhile, even to a client that knocks at
that very port and so is answered by itself. These lie below them, and each process begins at another place.
"""

import os
from contextlib import ExitStack, suppress
from itertools import count, islice
from socket import AF_INET, SOCK_STREAM, socket
from typing import Final

__all__ = ["HOST", "free_ports"]

HOST: Final = "127.0.0.1"
FIRST: Final = 20_000  # Linux hands out ports from 32,768 on, others from 49,152 on; Kubernetes takes 30,000 and above
SPAN: Final = 10_000
APART: Final = 6_181  # ports from one process id to the next: the golden section of SPAN, so the next few are far off

_turns: Final = count(os.getpid() * APART)


def free_ports(wanted: int) -> list[int]:
    """`wanted` ports that nobody listens on, all different, none given twice soon. Raises OSError: too few are free."""
    found: list[int] = []
    with ExitStack() as held:
        for turn in islice(_turns, SPAN):
            with suppress(OSError):
                found.append(_held(held, FIRST + turn % SPAN))
            if len(found) >= wanted:
                return found
    raise OSError(f"{wanted} free ports of {HOST} are wanted, there are {len(found)}")


def _held(held: ExitStack, port: int) -> int:
    """The port, nobody else's until the block ends. Raises OSError where it is somebody's."""
    held.enter_context(socket(AF_INET, SOCK_STREAM)).bind((HOST, port))
    return port
