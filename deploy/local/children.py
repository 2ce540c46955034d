"""The list of what is started: one line each says command, health address and what its end means."""

import os
import sys
from collections.abc import Sequence

from deploy.local import environment
from deploy.local.apache_kafka import Node, node_command
from deploy.local.child import Child, Ready
from deploy.local.embedded import broker_command, valkey_command
from deploy.local.plan import Stack

__all__ = ["apache", "embedded", "processes", "store", "story"]


def embedded(port: int) -> Child:
    """The embedded broker. Nothing brings back what it held, so nothing starts it again."""
    return Child(name="kafka", says="embedded broker (memory only)", command=broker_command(port),
                 ready=Ready(port=port), when_it_ends="lose", quiet=True)  # fmt: skip


def apache(nodes: Sequence[Node]) -> list[Child]:
    """A real Apache Kafka keeps its data under the home."""
    return [
        Child(name="kafka" if len(nodes) == 1 else f"kafka-{node.number}", says="Apache Kafka",
              command=node_command(node), ready=Ready(port=node.port), quiet=True)
        for node in nodes
    ]  # fmt: skip


def store(stack: Stack) -> Child:
    """The read model's Valkey."""
    directory = stack.plan.home / "valkey"
    directory.mkdir(parents=True, exist_ok=True)
    command = valkey_command(stack.ports.redis, directory, kept=stack.plan.broker == "apache")
    return Child(name="valkey", says="read model", command=command, ready=Ready(port=stack.ports.redis), quiet=True)


def processes(stack: Stack) -> list[Child]:
    """Leadstream itself, and the demo site."""
    ours = [
        Child(name="collector", says="takes events", command=_python("producers.collector"),
              env=environment.collector(stack), ready=_ready(stack.collector_url)),
        Child(name="console", says="shows alerts", command=_python("deploy.console"),
              env=environment.console(stack, outside=os.environ), ready=_ready(stack.console_url)),
        Child(name="demo", says="a site with the tracker", command=_python("deploy.local.demo"),
              env=environment.demo(stack), ready=Ready(port=stack.ports.demo)),
    ]  # fmt: skip
    return ours + [_worker(stack, number) for number in range(1, stack.plan.workers + 1)]


def story(stack: Stack) -> Child:
    """Invented companies; it has an end."""
    return Child(name="story", says="a lost deal comes back", command=_python("producers.simulate"),
                 env=environment.simulate(stack), when_it_ends="done")  # fmt: skip


def _worker(stack: Stack, number: int) -> Child:
    name = "worker" if stack.plan.workers == 1 else f"worker-{number}"
    return Child(name=name, says="scores and alerts", command=_python("streams", "worker"),
                 env=environment.worker(stack, number, outside=os.environ),
                 ready=_ready(f"http://127.0.0.1:{stack.ports.workers[number - 1]}"))  # fmt: skip


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _ready(url: str) -> Ready:
    return Ready(url=f"{url}/readyz")
