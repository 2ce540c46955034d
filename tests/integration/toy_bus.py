"""What tests of the engine say to toy workers, and what they read back."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.activity import Version
from schemas.cards import Transition
from schemas.codec import REJECTED, TRANSITION, encode, encode_block
from schemas.rejected import Rejected
from schemas.topics import partition_of
from schemas.touches import Disposition
from streams.core.rows import header
from tests.integration.bus import Bus
from tests.integration.processes import Process
from tests.integration.toys import CODEC, Pile
from tests.integration.workers import environment, metric

__all__ = ["ToyWorker", "announced", "changelog", "hit", "rejected", "rows", "say", "written"]


class ToyWorker(Process):
    """A process of `tests.integration.toys`. A context manager: whatever happens, it is gone afterwards."""

    def __init__(self, bus: Bus, place: Path, *, name: str = "worker", rules: str = "", **told: str) -> None:
        super().__init__(place, name=name)
        ours = environment(bus, port=self.port, datadir=place / name, redis_url="redis://127.0.0.1:1/0")
        given = {f"LEADSTREAM_{key}": value for key, value in told.items()} | {"TOY_RULES": rules}
        self.run(["-m", "tests.integration.toys"], ours | given)

    def await_end(self, within_s: float = 60) -> int:
        """Its exit code."""
        return self.child.wait(within_s)

    def metric(self, name: str, label: str = "") -> float:
        """A metric's value, summed over its labels or over those that hold `label`."""
        return metric(self.port, name, label)


def hit(key: str, name: str, *, kind: str = "hit", at: int = 0, reason: str = "") -> Disposition:
    """One message to a toy row."""
    return Disposition(to=key, milestone_id=name, kind=kind, reason=reason, at=at, actor="test")


def say(bus: Bus, messages: Iterable[Disposition], *, block: int = 10) -> int:
    """Writes messages in blocks by their partition; how many records."""
    by_partition: dict[int, list[bytes]] = {}
    for one in messages:
        by_partition.setdefault(partition_of(one.to, bus.partitions), []).append(encode(one))
    records = [
        (partition, encode_block(mine[start : start + block]))
        for partition, mine in by_partition.items()
        for start in range(0, len(mine), block)
    ]
    return bus.write("touches", records)


def changelog(bus: Bus) -> list[tuple[str, Version, Pile]]:
    """All records of the changelog, each partition in order."""
    return [(one.key.decode(), header(one.value)[0], CODEC.decode(one.value)) for one in written(bus)]


def rows(bus: Bus) -> dict[str, Pile]:
    """The rows, as restoring finds them: of each key the highest version. No other is held: a storm writes millions."""
    kept: dict[bytes, tuple[Version, bytes]] = {}
    for one in written(bus):
        version = header(one.value)[0]
        if one.key not in kept or version >= kept[one.key][0]:
            kept[one.key] = (version, one.value)
    return {key.decode(): CODEC.decode(raw) for key, (_, raw) in kept.items()}


def announced(bus: Bus) -> list[Transition]:
    """All transitions, copies too."""
    return [TRANSITION.decode(one.value) for one in bus.read("transitions")]


def rejected(bus: Bus) -> list[Rejected]:
    """All that was rejected, copies too."""
    return [REJECTED.decode(one.value) for one in bus.read("rejected")]


def written(bus: Bus) -> Iterator[Any]:
    """The records of the changelog as Kafka's client has them, one after the other, each partition in order."""
    ends = {top: end for top, end in bus.tops_of(f"{bus.app_id}-leads-changelog").items() if end}
    if not ends:
        return
    with bus._consumer() as consumer:
        consumer.assign(list(ends))
        consumer.seek_to_beginning()
        while any(consumer.position(top) < end for top, end in ends.items()):
            for records in consumer.poll(500).values():
                yield from records
