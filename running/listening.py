"""Where a process listens."""

import socket

__all__ = ["own_port", "own_url"]


def own_port(host: str, port: int, *, setting: str, refused: type[Exception]) -> int:
    """The port, or a free one of that address for 0. Raises `refused` where somebody else has it.

    The server would share it with them, and each would get some of the requests.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise refused(f"{setting}: {host}:{port}: {error.strerror}") from error


def own_url(host: str, port: int) -> str:
    """How a browser on this machine reaches it: `http://127.0.0.1:8080`, `http://[::1]:8080`."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
