"""Rejected records, and a topic `rejected` in memory."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.codec import encode
from schemas.ids import Naming
from schemas.rejected import Envelope, Kept, Reason, Rejected, Replayed
from schemas.topics import topic
from streams.inbox import MemoryDoor, Put
from streams.replay.remaking import Mapper, Remaker
from streams.replay.replaying import Replaying
from streams.replay.verdicts import judged
from streams.rules_files import read_rules
from streams.window import Bounds, Seen

__all__ = ["ENVELOPE", "NAMING", "NOW", "RULES", "Memory", "bad", "remaker", "replaying"]

NOW = 1_795_252_570_000
NAMING = Naming(b"a secret of sixteen or more")
RULES = read_rules(None, NAMING)
ENVELOPE = Envelope(received_at=NOW - 5_000, sent_at=NOW - 5_200, trust="proven", ip="203.0.113.0", user_agent="sdk/2")


PURCHASE = b'{"type":"purchase","messageId":"m1","anonymousId":"v1"}'


def bad(raw: bytes = PURCHASE, **other: Any) -> Rejected:
    """An event that the collector refused, unless told otherwise."""
    said: dict[str, Any] = {
        "at": NOW, "reason": Reason.UNKNOWN_TYPE, "detail": "purchase", "source": "site", "envelope": ENVELOPE,
        "raw": raw,
    }  # fmt: skip
    return Rejected(**(said | other))


def remaker(
    *, naming: Naming | None = NAMING, blocks: Mapping[int, bytes] | None = None, mapper: Mapper | None = None
) -> Remaker:
    """`blocks`: what lies in `visits` by offset."""
    return Remaker(
        partitions=4, naming=naming, full=lambda name: topic(name).full(), judge=lambda put: judged(put, RULES),
        look=lambda _topic, _partition, offset: (blocks or {}).get(offset), mapper=mapper,
    )  # fmt: skip


def replaying(door: MemoryDoor, made: Remaker | None = None) -> Replaying:
    return Replaying(door, made or remaker(), actor="ines", now=lambda: NOW)


class Memory:
    """The topic `rejected`: what is put lies behind what is there. `reads` = records that were handed out."""

    def __init__(self, partitions: int = 2) -> None:
        self.records: list[list[Seen]] = [[] for _ in range(partitions)]
        self.reads = 0

    def add(self, partition: int, value: Rejected | Replayed | bytes, *, timestamp: int = NOW) -> Kept | None:
        here = self.records[partition]
        raw = value if isinstance(value, bytes) else encode(value)
        here.append(Seen("rejected", partition, len(here), timestamp, None, raw))
        return Kept(partition, len(here) - 1, value) if isinstance(value, Rejected) else None

    def put(self, records: Sequence[Put]) -> None:
        for one in records:
            if one.topic == "rejected":
                self.add(one.partition, one.value)

    def bounds(self, name: str) -> Bounds:
        assert name == "rejected"
        return {number: (0, len(here)) for number, here in enumerate(self.records)}

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        found = self.records[partition][first:end]
        self.reads += len(found)
        return found
