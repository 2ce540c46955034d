"""A real Apache Kafka on this machine, one node or three, from the jars that Maven brings.

`with start_apache_kafka(directory, nodes=3) as kafka:` gives `kafka.bootstrap_servers`, and `kafka.kill(1)`,
`kafka.start(1)`, `kafka.pause(2)` and `kafka.resume(2)` to break it with.
"""

import os
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from msgspec import Struct

from deploy.errors import NotReady
from deploy.local.apache_jars import HERE, jars
from deploy.local.ports import HOST, free_ports
from deploy.local.topics import await_broker

__all__ = [
    "ApacheKafka", "Detour", "Door", "Node", "node_command", "nodes_in", "prepare", "start_apache_kafka", "started",
]  # fmt: skip

CLUSTER_ID: Final = urlsafe_b64encode(UUID(int=0x4C656164_73747265_616D0000_00000001).bytes).decode().rstrip("=")
READY_S: Final = 180.0  # 2 s, or half a minute on a machine with much else to do
END_S: Final = 20.0
OFFSETS_KEPT_MINUTES: Final = 28 * 24 * 60  # as long as the topics, else an idle group starts from zero


class Detour(Struct, frozen=True, kw_only=True):
    """A second door for clients: whoever comes by it is told `advertised` and no other, such as a proxy's port."""

    port: int
    advertised: int


class Door(Struct, frozen=True, kw_only=True):
    """One more port for clients, such as one that speaks TLS. `name` in capitals; `protocol` as Kafka calls it."""

    name: str
    port: int
    protocol: str


class Node(Struct, frozen=True, kw_only=True):
    """One broker and controller in one process.

    `more`: settings beside ours, such as those of its doors. `scram`: users from the first moment on, each in the form
    of `kafka-storage --add-scram`.
    """

    number: int  # from 1
    port: int
    controller_port: int
    directory: Path
    detour: Detour | None = None
    doors: tuple[Door, ...] = ()
    more: Mapping[str, str] = {}
    scram: tuple[str, ...] = ()

    @property
    def properties(self) -> Path:
        """Its settings file."""
        return self.directory / "server.properties"


def nodes_in(directory: Path, *, nodes: int = 1) -> list[Node]:
    """Nodes with free ports whose data lie under `directory`."""
    ports = free_ports(2 * nodes)
    return [
        Node(number=number, port=ports[2 * number - 2], controller_port=ports[2 * number - 1],
             directory=directory.absolute() / f"node-{number}")
        for number in range(1, nodes + 1)
    ]  # fmt: skip


def prepare(nodes: Sequence[Node]) -> None:
    """Bring the jars, write each node's settings, format its directory where it is new. Raises NoJava, NotReady."""
    jars()
    for node in nodes:
        node.directory.mkdir(parents=True, exist_ok=True)
        node.properties.write_text("".join(f"{key}={value}\n" for key, value in _settings(node, nodes).items()))
        made = subprocess.run(
            [*_java("kafka.tools.StorageTool"), "format", "-t", CLUSTER_ID, "-c", str(node.properties),
             "--ignore-formatted", *(word for one in node.scram for word in ("--add-scram", one))],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if made.returncode != 0:
            told = (made.stdout + made.stderr).splitlines()
            raise NotReady(f"kafka-{node.number}", "could not be formatted", told[-5:])


def node_command(node: Node) -> tuple[str, ...]:
    """Small heap: up in 2 s with 300 MB."""
    return (*_java("-Xms128m", "-Xmx384m", "kafka.Kafka"), str(node.properties))


class ApacheKafka:
    """A running cluster. Nodes are named by their number, from 1."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = tuple(nodes)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap_servers(self) -> str:
        """All nodes, for clients."""
        return ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def start(self, number: int) -> None:
        """Start one node; it keeps its port and its data."""
        node = self.nodes[number - 1]
        with (node.directory / "log.txt").open("ab") as log:
            self._processes[number] = subprocess.Popen(
                node_command(node), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self, number: int) -> None:
        """SIGKILL."""
        process = self._processes[number]
        process.kill()
        process.wait()

    def pause(self, number: int) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self._processes[number].send_signal(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """SIGCONT."""
        self._processes[number].send_signal(signal.SIGCONT)

    def code(self, number: int) -> int | None:
        """A node's exit code once it has ended."""
        return self._processes[number].poll()

    def pid(self, number: int) -> int:
        """Process id of a node."""
        return self._processes[number].pid

    def await_ready(self, *, deadline_s: float = READY_S) -> None:
        """Until every node takes clients and knows of all. Raises BrokerUnreachable."""
        until = time.monotonic() + deadline_s
        for node in self.nodes:  # one that fell is in the cluster for some seconds more, and again before it listens
            left_s = max(0.0, until - time.monotonic())
            await_broker(f"{HOST}:{node.port}", brokers=len(self.nodes), deadline_s=left_s)

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what is left after 20 s."""
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_apache_kafka(directory: Path, *, nodes: int = 1) -> ApacheKafka:
    """A cluster that takes clients. Raises NoJava, NotReady, BrokerUnreachable."""
    return started(nodes_in(directory, nodes=nodes))


def started(nodes: Sequence[Node]) -> ApacheKafka:
    """The same of nodes that are told what they are. Raises NoJava, NotReady, BrokerUnreachable."""
    kafka = ApacheKafka(nodes)
    prepare(kafka.nodes)
    try:
        for node in kafka.nodes:
            kafka.start(node.number)
        kafka.await_ready()
    except BaseException:
        kafka.stop()
        raise
    return kafka


def _java(*arguments: str) -> tuple[str, ...]:
    """One quick compiler, one thread for garbage: what formats a directory is over before more would pay."""
    small = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}")
    return ("java", *small, "-cp", f"{jars()}{os.sep}*", *arguments)


def _settings(node: Node, nodes: Sequence[Node]) -> dict[str, str | int]:
    replicas = 3 if len(nodes) >= 3 else 1
    detour = node.detour
    doors = "".join(f",{one.name}://{HOST}:{one.port}" for one in node.doors)
    protocols = "".join(f",{one.name}:{one.protocol}" for one in node.doors)
    ours: dict[str, str | int] = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "listeners": f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}"
        + (f",DETOUR://{HOST}:{detour.port}" if detour else "") + doors,
        "advertised.listeners": f"PLAINTEXT://{HOST}:{node.port}"
        + (f",DETOUR://{HOST}:{detour.advertised}" if detour else "") + doors,
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,DETOUR:PLAINTEXT,PLAINTEXT:PLAINTEXT" + protocols,
        "controller.quorum.voters": ",".join(f"{one.number}@{HOST}:{one.controller_port}" for one in nodes),
        "log.dirs": f"{node.directory}/data",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        "log.segment.bytes": 16 << 20,
        "min.insync.replicas": min(2, replicas),
        "num.io.threads": 2,
        "num.network.threads": 2,
        "offsets.retention.minutes": OFFSETS_KEPT_MINUTES,
        "offsets.topic.num.partitions": 4,
        "offsets.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": replicas,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "transaction.state.log.replication.factor": replicas,
    }
    return {**ours, **node.more}
