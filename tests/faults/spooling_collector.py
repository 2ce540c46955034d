"""One collector process with its spool, broken and started again by a test."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.embedded import broker_command
from deploy.local.ports import HOST, free_ports
from deploy.local.topics import await_broker
from tests.faults.cluster import cluster
from tests.faults.proxy import Mode, Proxy
from tests.integration.brokers import given, needed, nodes_of
from tests.integration.bus import Bus, wait_until

__all__ = ["KIND", "CollectorProcess", "Line", "small_disk_lacks", "through_proxy"]

KIND: Final = given("embedded")
PRODUCT: Final = "producers.collector"
# The disk lives as long as the process: nobody else sees it, and nothing is left to clean up.
SMALL_DISK: Final = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'


class CollectorProcess:
    """Started by `start`, on the same port and spool each time. Closed by whoever made it."""

    def __init__(self, bus: Bus, place: Path, *, bootstrap: str = "", **spool: float) -> None:
        [self.port] = free_ports(1)
        self.url = f"http://{HOST}:{self.port}"
        self.spool = place / "spool"
        self.log = place / "collector.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._env = {
            "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap or bus.bootstrap,
            "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
            "LEADSTREAM_KAFKA__PARTITIONS": str(bus.partitions),
            "LEADSTREAM_SECRET": "no secret, only long enough",
            "LEADSTREAM_WRITE_KEYS": "wk_site=site",
            "LEADSTREAM_COLLECTOR__PORT": str(self.port),
            "LEADSTREAM_SPOOL__DIRECTORY": str(self.spool),
        } | {f"LEADSTREAM_SPOOL__{name.upper()}": str(value) for name, value in spool.items()}

    def start(
        self, *, module: str = PRODUCT, disk: str = "", more: Mapping[str, str] | None = None, path: str = "/healthz"
    ) -> Self:
        """Up when `path` answers 200. `disk`: the spool lies on a disk of its own of that size, such as 8m."""
        command = [sys.executable, "-m", module]
        if disk:
            self.spool.mkdir(exist_ok=True)
            command = ["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", disk, str(self.spool), *command]
        env = {**os.environ, **self._env, **(more or {})}
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(command, env=env, stdout=out, stderr=out)
        wait_until(lambda: self.answers(path) == 200, within_s=180, what=f"{path} of the collector", every_s=0.02)
        return self

    @property
    def child(self) -> "subprocess.Popen[bytes]":
        assert self._child is not None, "start it first"
        return self._child

    def answers(self, path: str) -> int:
        """Status of a GET, 0 while nobody listens."""
        try:
            return httpx.get(self.url + path, timeout=30).status_code
        except httpx.TransportError:
            return 0

    def kill(self) -> None:
        """SIGKILL, and its end."""
        self.child.kill()
        self.child.wait(60)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)

    def spooling(self) -> str:
        """Why deliveries go by the spool, "" while they go to Kafka."""
        return str(httpx.get(f"{self.url}/readyz", timeout=30).json().get("spooling", ""))

    def drained(self, *, within_s: float) -> None:
        """Wait until the spool is empty and deliveries go to Kafka again."""
        wait_until(lambda: not self.spooling(), within_s=within_s, what="the spool is drained", every_s=0.05)

    def metric(self, name: str, **labels: str) -> float:
        """One figure of /metrics, 0 where it is not there."""
        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
        return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())

    def close(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGCONT)
            self.kill()


class Line(Protocol):
    """The network between all clients and the brokers."""

    def turn(self, mode: Mode) -> None:
        """From now on it is so."""


@contextmanager
def through_proxy() -> Iterator[tuple[str, Line]]:
    """Brokers whose clients all come through proxies; gives the proxies' `host:port` and the line."""
    if KIND == "embedded":
        with _embedded() as found:
            yield found
        return
    needed(KIND)
    with cluster(nodes=nodes_of(KIND)) as brokers:
        yield brokers.proxied, brokers


@contextmanager
def _embedded() -> Iterator[tuple[str, Line]]:
    [port] = free_ports(1)
    command = list(broker_command(port))
    with Proxy(port) as proxy:
        command[command.index("--advertised-listener-url") + 1] = f"tcp://{HOST}:{proxy.port}"
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
            try:
                await_broker(f"{HOST}:{proxy.port}")
                yield f"{HOST}:{proxy.port}", proxy
            finally:
                broker.kill()


def small_disk_lacks() -> str:
    """Why a process cannot have a small disk of its own here, "" where it can."""
    try:
        ran = subprocess.run(["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", "1m", "/mnt", "true"],
                             capture_output=True, text=True, check=False)  # fmt: skip
    except OSError as error:
        return str(error)
    return ran.stderr.strip() if ran.returncode else ""
