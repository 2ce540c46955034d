"""A batch of records in the form that aiokafka sends, built by kafka-python.

aiokafka's own builder squeezes with lz4's slowest level and sums in plain C: 160 us for a block of 58 KB against 22 us
(`docs/decisions/0026-the-collectors-producer.md`).
"""

from typing import Final

from kafka.record.memory_records import MemoryRecordsBuilder

from running.wall_clock import utc_ms

__all__ = ["Batch"]

MAGIC: Final = 2
LZ4: Final = 3


class Batch:
    """Records of one partition, at most `most` bytes of them, but always one. aiokafka calls the methods in English."""

    def __init__(self, *, most: int) -> None:
        self._records = MemoryRecordsBuilder(MAGIC, LZ4, most)
        self._now_ms = utc_ms()
        self._count = 0
        self._built: bytes | None = None

    def append(self, *, key: bytes | None, value: bytes) -> bool:
        """False where the batch is full."""
        if self._records.append(timestamp=self._now_ms, key=key, value=value) is None:
            return False
        self._count += 1
        return True

    def record_count(self) -> int:
        """How many records it has."""
        return self._count

    def size(self) -> int:
        """Bytes."""
        return int(self._records.size_in_bytes())

    def closed(self) -> bool:
        """Whether it is full: nothing is added once aiokafka has it, so it need not linger."""
        return True

    def _build(self) -> bytes:
        """What aiokafka puts into its request, each time that it sends."""
        if self._built is None:
            self._records.close()
            self._built = bytes(self._records.buffer())
        return self._built
