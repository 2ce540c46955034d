"""A sink in memory: for tests and dry runs. It can hold acknowledgements back, and fail on demand."""

import asyncio
from asyncio import Future
from typing import NamedTuple

from producers.errors import SinkUnavailable

__all__ = ["MemorySink", "Record"]


class Record(NamedTuple):
    """One record that was acknowledged."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes


class MemorySink:
    """Keeps what was written. `held`: nothing is acknowledged until `acknowledge()` or `fail()`."""

    def __init__(self, *, held: bool = False) -> None:
        self.records: list[Record] = []
        self.held = held
        self.down = ""  # why it is away, "" = it is there
        self._waiting: list[tuple[Record, Future[None]]] = []

    async def start(self) -> None:
        """Nothing to connect to."""

    def not_ready(self) -> str:
        """What `down` says."""
        return self.down

    def detour(self) -> str:
        """There is none."""
        return ""

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> Future[None]:
        """Keeps the record, and acknowledges it unless told to hold or to be down."""
        future: Future[None] = asyncio.get_running_loop().create_future()
        if self.down:
            future.set_exception(SinkUnavailable(self.down))
            return future
        self._waiting.append((Record(topic, partition, key, value), future))
        if not self.held:
            self.acknowledge()
        return future

    @property
    def waiting(self) -> int:
        """How many records are held back."""
        return len(self._waiting)

    def acknowledge(self) -> None:
        """Makes everything that is held back safe."""
        waiting, self._waiting = self._waiting, []
        for record, future in waiting:
            self.records.append(record)
            if not future.done():
                future.set_result(None)

    def fail(self, why: str) -> None:
        """Loses everything that is held back."""
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if not future.done():
                future.set_exception(SinkUnavailable(why))

    def renew(self, why: str) -> None:
        """Loses everything that is held back; there is nothing to connect to."""
        self.fail(why)

    def values(self, topic: str, *, partition: int | None = None) -> list[bytes]:
        """The acknowledged records of a topic, in order."""
        mine = (one for one in self.records if one.topic == topic)
        return [one.value for one in mine if partition is None or one.partition == partition]

    async def close(self, *, deadline_s: float) -> None:
        """Lets go of nothing."""
