"""Which rejected records are meant: every condition that is set must hold."""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.rejected import Kept, Reason, Rejected

__all__ = ["ALL", "By", "Place", "Wanted", "place_of"]

By: TypeAlias = Literal["collector", "agent"]
Place: TypeAlias = tuple[int, int]
"""Partition and offset in the topic `rejected`."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Empty = any. `since` and `until` are UTC milliseconds, the second not included.

    `text` is sought in bytes and detail, whatever its case. `replayed`: also those that were replayed.
    """

    reasons: frozenset[Reason] = frozenset()
    sources: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None
    text: str = ""
    by: By | None = None
    places: frozenset[Place] = frozenset()
    replayed: bool = False

    @property
    def is_all(self) -> bool:
        """Nothing was said."""
        return self == Wanted(replayed=self.replayed)

    def takes(self, kept: Kept) -> bool:
        """Whether this one is meant."""
        if self.places and (kept.partition, kept.offset) not in self.places:
            return False
        return (self.replayed or not kept.replayed) and self._fits(kept.record) and self._says(kept.record)

    def _fits(self, record: Rejected) -> bool:
        return (
            (not self.reasons or record.reason in self.reasons)
            and (not self.sources or record.source in self.sources)
            and (self.since is None or record.at >= self.since)
            and (self.until is None or record.at < self.until)
            and (self.by is None or (self.by == "collector") == (record.topic is None))
        )

    def _says(self, record: Rejected) -> bool:
        if not self.text:
            return True
        sought = self.text.lower()
        return sought in record.detail.lower() or sought.encode() in record.raw.lower()


ALL = Wanted()


def place_of(text: str) -> Place | None:
    """`2:991` as people write it, None for anything else.

    >>> place_of("2:991"), place_of("2"), place_of("-1:3")
    ((2, 991), None, None)
    """
    partition, _, offset = text.partition(":")
    short = len(partition) < 10 and len(offset) < 19
    whole = partition.isascii() and partition.isdigit() and offset.isascii() and offset.isdigit()
    return (int(partition), int(offset)) if whole and short else None
