"""The broker of a simulation: topics with partitions, the group's offsets. What lies here is safe."""

from collections import defaultdict
from typing import Any, Final, NamedTuple

from schemas.activity import Version
from schemas.codec import encode, encode_block
from schemas.topics import partition_of
from streams.core.rows import ROWS

__all__ = ["INBOXES", "TABLES", "Log", "Record", "changelog"]

TABLES: Final = {"visits": "visitors", "touches": "leads", "signals": "accounts", "posts": "recipients"}
INBOXES: Final = tuple(TABLES)


class Record(NamedTuple):
    """One record; its offset is its place in the partition."""

    key: bytes | None
    value: bytes | None
    at: int = 0  # the how manieth record of all topics


def changelog(table: str) -> str:
    """The changelog's name."""
    return f"sim-{table}-changelog"


class Log:
    """`partitions`: of every topic."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._topics: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self.committed: dict[tuple[str, int], int] = defaultdict(int)
        self._read: set[tuple[str, str, Version]] = set()
        self._made: list[tuple[str, str, Version, Any]] = []
        self._count = 0
        self._era_began = 0

    def append(self, topic: str, partition: int, record: Record) -> None:
        """On all replicas."""
        self._count += 1
        self._topics[topic, partition].append(record._replace(at=self._count))

    def records(self, topic: str, partition: int) -> list[Record]:
        """The partition itself."""
        return self._topics[topic, partition]

    def all(self, topic: str) -> list[Record]:
        """The topic, partition by partition."""
        return [one for number in range(self.partitions) for one in self._topics[topic, number]]

    def folds(self, table: str, key: str, version: Version, *, held: Version | None, row: Any) -> None:
        """A message of this version made this row, where a row of version `held` stood."""
        again = held is not None and version < held and (table, key, held) in self._read
        self._read.add((table, key, version))
        self._made.append((table, key, held if again and held is not None else version, row))

    def end_era(self) -> dict[tuple[str, str], Version]:
        """How far the rows that were made and saved since the last call have read their inboxes, by table and key.

        A row from before that is written again (a late batch, a sweep) was read by nobody who knew these rules.
        """
        read: dict[tuple[str, str, bytes], Version] = {}
        for table, key, version, row in self._made:
            name = (table, key, ROWS[table].encode(row))
            read[name] = max(version, read.get(name, version))
        found: dict[tuple[str, str], Version] = {}
        for table in TABLES.values():
            for one in self.all(changelog(table)):
                key = (one.key or b"").decode()
                if one.at > self._era_began and (version := read.get((table, key, one.value or b""))) is not None:
                    found[table, key] = max(version, found.get((table, key), version))
        self._read.clear()
        self._made.clear()
        self._era_began = self._count
        return found

    def tell(self, topic: str, to: str, message: Any) -> None:
        """Somebody outside writes one message to one row, and waits until it is safe. Bytes are encoded already."""
        raw = message if isinstance(message, bytes) else encode(message)
        self.append(topic, partition_of(to, self.partitions), Record(None, encode_block([raw])))

    def lag(self, topic: str, partition: int) -> int:
        """Records that no commit covers."""
        return len(self._topics[topic, partition]) - self.committed[topic, partition]
