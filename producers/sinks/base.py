"""Where records go: one small contract, kept by Kafka and by memory (`tests/contract/test_sinks.py`)."""

from asyncio import Future
from typing import Protocol

__all__ = ["Sink"]


class Sink(Protocol):
    """A log of records. Used from one event loop."""

    async def start(self) -> None:
        """Begins to connect and returns at once; until it is connected, writes fail."""

    def not_ready(self) -> str:
        """Why records cannot be written yet, "" when they can."""

    def detour(self) -> str:
        """Why records are made safe elsewhere for now, "" while they go where they belong."""

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> Future[None]:
        """Hands over one record. The future is done when it is safe, or holds a SinkError. Never raises or blocks.

        `topic` is the name on the broker. The same record may be written twice where an answer got lost.
        """

    def renew(self, why: str) -> None:
        """Gives up what it was handed and is not safe, and connects anew; until then, writes fail."""

    async def close(self, *, deadline_s: float) -> None:
        """Waits for what was handed over, at most so long, and lets go."""
