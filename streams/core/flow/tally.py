"""The books of all leads together: how often each line stands in them, told apart by some labels only.

What is asked without a choice, or by one label, need not walk over every combination of all of them: so there is one
tally for each, and one for all labels.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from streams.core.flow.books import LABELS, Arrival, Cut, LeadBooks, Line, Stay, Wanted, Win
from streams.core.flow.sheet import Tallies

__all__ = ["Tally"]

GRAINS: Final = ((), *((label,) for label in LABELS), LABELS)


class Tally:
    """Grows and shrinks by the books of one lead at a time. One thread at a time."""

    def __init__(self) -> None:
        self._grains = {frozenset(labels): _Grain(labels) for labels in GRAINS}
        self._stays: dict[str, Stay] = {}
        self._values: dict[str, Counter[str]] = {label: Counter() for label in LABELS}

    def replace(self, lead_id: str, before: LeadBooks | None, after: LeadBooks) -> None:
        """The books of this lead are others than before."""
        for books, count in ((before, -1), (after, 1)):
            if books is not None:
                for grain in self._grains.values():
                    grain.add(books, count)
                for place, label in enumerate(LABELS):
                    _add(self._values[label], (line.cut[place] for line in books.lines), count)
        self._stays.pop(lead_id, None)
        if after.stay is not None:
            self._stays[lead_id] = after.stay

    def of(self, wanted: Wanted, *, by: str = "") -> Tallies:
        """The smallest that can answer for these leads, with rows by this label."""
        labels = {label for label, value in zip(LABELS, wanted, strict=True) if value is not None} | {by} - {""}
        grain = self._grains.get(frozenset(labels), self._grains[frozenset(LABELS)])
        return Tallies(lines=grain.lines, arrivals=grain.arrivals, wins=grain.wins, stays=self._stays.values())

    def whole(self) -> Tallies:
        """Told apart by all labels."""
        return self.of(Wanted(*("",) * len(LABELS)))

    def values(self) -> Mapping[str, list[str]]:
        """All values of each label, the most booked first."""
        return {label: sorted(found, key=lambda one: (-found[one], one)) for label, found in self._values.items()}


class _Grain:
    def __init__(self, labels: Iterable[str]) -> None:
        kept = frozenset(labels)
        self._keeps = tuple(label in kept for label in LABELS)
        self._cuts: dict[Cut, Cut] = {}
        self.lines: Counter[Line] = Counter()
        self.arrivals: Counter[Arrival] = Counter()
        self.wins: Counter[Win] = Counter()

    def add(self, books: LeadBooks, count: int) -> None:
        _add(self.lines, self._lines(books.lines), count)
        came = (Arrival(one.at, one.stage, one.went_on, self._cut(one.cut)) for one in books.arrivals)
        _add(self.arrivals, came, count)
        _add(self.wins, (Win(one.at, one.returned, self._cut(one.cut)) for one in books.wins), count)

    def _lines(self, lines: Iterable[Line]) -> Iterator[Line]:
        """A relabelling that this grain does not see is none."""
        for at, stage, other, change, kind, rule_id, cut, beside in lines:
            ours, theirs = self._cut(cut), self._cut(beside)
            if kind != "relabelled" or ours != theirs:
                yield Line(at, stage, other, change, kind, rule_id, ours, theirs)

    def _cut(self, cut: Cut) -> Cut:
        found = self._cuts.get(cut)
        if found is None:
            found = Cut(*(value if keep else "" for value, keep in zip(cut, self._keeps, strict=True)))
            self._cuts[cut] = found
        return found


def _add(counter: Counter[Any], found: Iterable[Any], count: int) -> None:
    for one in found:
        left = counter[one] + count
        if left:
            counter[one] = left
        else:
            del counter[one]
