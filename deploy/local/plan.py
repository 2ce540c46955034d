"""What was asked for, and what was found or made for it: all that the children's environments follow from."""

from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from deploy.local.ports import HOST
from deploy.local.vault import Secrets

__all__ = ["Broker", "Plan", "Ports", "Stack"]

Broker: TypeAlias = Literal["embedded", "apache"]


class Plan(Struct, frozen=True, kw_only=True):
    """The options of `leadstream up`."""

    home: Path
    broker: Broker = "embedded"
    story: bool = True
    workers: int = 1
    partitions: int = 4
    rules_dir: Path | None = None
    everything: bool = False  # show every log line
    with_parent: bool = False  # end when the process that started this is gone or was interrupted


class Ports(Struct, frozen=True, kw_only=True):
    """All on 127.0.0.1."""

    collector: int
    console: int
    demo: int
    redis: int
    workers: tuple[int, ...]


class Stack(Struct, frozen=True, kw_only=True):
    """One installation on this machine."""

    plan: Plan
    secrets: Secrets
    ports: Ports
    kafka: str  # host:port, comma separated

    @property
    def collector_url(self) -> str:
        """Where events go."""
        return f"http://{HOST}:{self.ports.collector}"

    @property
    def console_url(self) -> str:
        """Where people look."""
        return f"http://{HOST}:{self.ports.console}"

    @property
    def demo_url(self) -> str:
        """The site with the tracker."""
        return f"http://{HOST}:{self.ports.demo}"

    @property
    def worker_urls(self) -> list[str]:
        """Where workers tell how they are: /readyz and /metrics."""
        return [f"http://{HOST}:{port}" for port in self.ports.workers]

    @property
    def redis_url(self) -> str:
        """The read model."""
        return f"redis://{HOST}:{self.ports.redis}/0"
