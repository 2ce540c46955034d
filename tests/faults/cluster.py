"""Real Kafka brokers to be broken: one node or three, each with a way round through a proxy, and perhaps a small disk.

Three nodes keep three copies and acknowledge with two (`min.insync.replicas`), controllers and brokers in one process.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from deploy.local.apache_kafka import ApacheKafka, Detour, nodes_in, prepare
from deploy.local.ports import HOST, free_ports
from tests.faults.proxy import Mode, Proxy
from tests.faults.small_disk import SmallDisk, small_disk
from tests.integration.bus import wait_until

__all__ = ["PATIENCE_S", "Cluster", "cluster"]

PATIENCE_S = 180.0  # with a machine that has much else to do


class Cluster:
    """`direct` and `proxied` are bootstrap servers; whoever comes by the proxies is never told of another way."""

    def __init__(self, kafka: ApacheKafka, proxies: list[Proxy], disk: SmallDisk | None) -> None:
        self.kafka = kafka
        self.proxies = proxies
        self.direct = kafka.bootstrap_servers
        self.proxied = ",".join(f"{HOST}:{proxy.port}" for proxy in proxies)
        self._disk = disk

    @property
    def disk(self) -> SmallDisk:
        """Where the first node writes."""
        assert self._disk is not None, "asked for without a small disk"
        return self._disk

    @property
    def numbers(self) -> list[int]:
        """Of the nodes, from 1."""
        return [node.number for node in self.kafka.nodes]

    def turn(self, mode: Mode) -> None:
        """All proxies let pass what this says from now on."""
        for proxy in self.proxies:
            proxy.turn(mode)

    def await_end(self, number: int, *, within_s: float) -> None:
        """Until a node has ended by itself."""
        wait_until(lambda: self.kafka.code(number) is not None, within_s=within_s, what=f"node {number} ends")

    def log(self, number: int) -> str:
        """What a node said."""
        return (self.kafka.nodes[number - 1].directory / "log.txt").read_text(encoding="utf-8", errors="replace")


@contextmanager
def cluster(*, nodes: int = 1, disk_mb: int = 0) -> Iterator[Cluster]:
    """A cluster that takes clients. `disk_mb`: the first node's log directory is a disk of that size, 0 = no limit."""
    place = Path(tempfile.mkdtemp(prefix="leadstream-cluster-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        made = nodes_in(place, nodes=nodes)
        doors = free_ports(nodes)
        proxies = [stack.enter_context(Proxy(door)) for door in doors]
        told = [
            replace(node, detour=Detour(port=door, advertised=proxy.port))
            for node, door, proxy in zip(made, doors, proxies, strict=True)
        ]
        disk = stack.enter_context(small_disk(made[0].directory / "data", megabytes=disk_mb)) if disk_mb else None
        prepare(told)
        kafka = stack.enter_context(ApacheKafka(told))
        for node in told:
            kafka.start(node.number)
        kafka.await_ready(deadline_s=PATIENCE_S)
        yield Cluster(kafka, proxies, disk)
