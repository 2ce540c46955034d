"""Free ports of this machine, 127.0.0.1 only."""

from contextlib import ExitStack
from socket import AF_INET, SOCK_STREAM, socket
from typing import Final

__all__ = ["HOST", "free_ports"]

HOST: Final = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on. They are held together while choosing, so none comes twice."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket(AF_INET, SOCK_STREAM)) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
