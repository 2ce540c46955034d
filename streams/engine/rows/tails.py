"""What lies at the end of a changelog that only we write: which offsets are known, and which somebody else wrote.

An acknowledged record says its offset. Where ours follow on from each other, nobody else wrote; where they leave a gap,
somebody did: a worker that no longer owns the partition and whose record was already on its way, or our own first
attempt at something that we sent again. So following costs a comparison a record, and nothing is read.
"""

from collections.abc import Iterable

from faust.types import TP

__all__ = ["Span", "Tails"]

Span = tuple[int, int]
"""Offsets from the first to before the second."""


class Tails:
    """The tails of one table's changelog, by partition."""

    def __init__(self) -> None:
        self._next: dict[TP, int] = {}
        self._gaps: dict[TP, list[Span]] = {}

    def follow(self, tp: TP, offset: int) -> None:
        """All that lies before `offset` is known: it was restored."""
        self._next[tp] = offset
        self._gaps.pop(tp, None)

    def forget(self, tps: Iterable[TP]) -> None:
        """These partitions are no longer ours."""
        for tp in tps:
            self._next.pop(tp, None)
            self._gaps.pop(tp, None)

    def followed(self) -> list[TP]:
        """The partitions that are ours."""
        return list(self._next)

    def ours(self, tp: TP, offset: int, count: int = 1) -> None:
        """We wrote `count` records from `offset` on. Called in the order of the offsets of each partition."""
        due = self._next.get(tp)
        if due is None or offset < due:
            return
        if offset > due:
            self._gaps.setdefault(tp, []).append((due, offset))
        self._next[tp] = offset + count

    def known(self, tp: TP) -> int | None:
        """The first offset that is not known: a gap, or the end of what is ours. None: not followed."""
        gaps = self._gaps.get(tp)
        return gaps[0][0] if gaps else self._next.get(tp)

    def end(self, tp: TP) -> int | None:
        """Behind the last record that is ours. None: not followed."""
        return self._next.get(tp)

    def gaps(self, tp: TP) -> list[Span]:
        """What somebody else wrote between records of ours."""
        return list(self._gaps.get(tp, ()))

    def looked_at(self, tp: TP, span: Span) -> None:
        """These were read: a gap, or what lay behind the last record of ours."""
        gaps = self._gaps.get(tp, [])
        if span in gaps:
            gaps.remove(span)
        elif self._next.get(tp) == span[0]:
            self._next[tp] = span[1]
