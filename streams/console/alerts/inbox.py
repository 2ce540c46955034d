"""How the inbox is laid out: whose alerts, in which part of it, in which order, and which of them one page shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from streams.console.alerts.seat import WHOSE, Seat, Whose
from streams.console.paging import pages_of
from streams.readmodel.alert_lines import AlertLine

__all__ = ["NEWEST", "PAGE", "Laid", "Part", "PartName", "asked_whose", "closed_laid", "laid", "newest"]

PAGE: Final = 20
NEWEST: Final = 10
PartName: TypeAlias = Literal["strong", "first", "claimed", "snoozed", "closed"]
ORDER: Final[tuple[PartName, ...]] = ("strong", "first", "claimed", "snoozed")


class Part(Struct, frozen=True, kw_only=True):
    """One part: how many there are of it in all, and those that this page shows."""

    name: PartName
    total: int
    ids: tuple[str, ...]


class Laid(Struct, frozen=True, kw_only=True):
    """One page. `counts`: how many alerts are whose."""

    parts: tuple[Part, ...]
    page: int
    pages: int
    total: int
    counts: Mapping[Whose, int]

    @property
    def ids(self) -> list[str]:
        """All alerts of this page, in their order."""
        return [one for part in self.parts for one in part.ids]


def asked_whose(text: str, seat: Seat) -> Whose:
    """What was asked for; at first a rep sees what is theirs, and everybody else all."""
    usual: Whose = "all" if seat.by is None else "mine"
    return next((one for one in WHOSE if one == text), usual)


def laid(lines: Iterable[AlertLine], *, seat: Seat, whose: Whose, page: int) -> Laid:
    """The page of what is in work. A page that is not there any more is the last one that is."""
    every = list(lines)
    counts = {one: sum(_is(line, seat, one) for line in every) for one in WHOSE}
    by_part: dict[PartName, list[AlertLine]] = {name: [] for name in ORDER}
    for line in every:
        if _is(line, seat, whose):
            by_part[_part_of(line)].append(line)
    orders = {name: _dues if name == "claimed" else _urgency for name in ORDER}
    ordered = {name: [one.alert_id for one in sorted(some, key=orders[name])] for name, some in by_part.items()}
    return _paged(ordered, page=page, counts=counts)


def closed_laid(lines: Iterable[AlertLine], *, page: int) -> Laid:
    """The same of what is closed, newest first."""
    ordered = [line.alert_id for line in sorted(lines, key=lambda line: (-line.as_of, line.alert_id))]
    return _paged({"closed": ordered}, page=page, counts={})


def newest(lines: Iterable[AlertLine], *, seat: Seat, whose: Whose) -> list[AlertLine]:
    """What somebody may want to be told of: unclaimed strong signs, the latest first."""
    strong = [line for line in lines if _part_of(line) == "strong" and _is(line, seat, whose)]
    return sorted(strong, key=lambda line: (-_real_time_at(line), line.alert_id))[:NEWEST]


def _paged(ordered: Mapping[PartName, Sequence[str]], *, page: int, counts: Mapping[Whose, int]) -> Laid:
    total = sum(map(len, ordered.values()))
    pages = pages_of(total, size=PAGE)
    page = min(page, pages)
    parts, first = [], (page - 1) * PAGE
    room, before = PAGE, 0
    for name, ids in ordered.items():
        shown = tuple(ids[max(0, first - before) :][:room])
        before += len(ids)
        room -= len(shown)
        if shown:
            parts.append(Part(name=name, total=len(ids), ids=shown))
    return Laid(parts=tuple(parts), page=page, pages=pages, total=total, counts=counts)


def _is(line: AlertLine, seat: Seat, whose: Whose) -> bool:
    return seat.has(whose, recipient=line.recipient, claimed_by=line.claimed_by)


def _part_of(line: AlertLine) -> PartName:
    if line.status == "claimed":
        return "claimed"
    if line.status == "snoozed":
        return "snoozed"
    return "strong" if line.level == "real_time" else "first"


def _urgency(line: AlertLine) -> tuple[bool, bool, int, int, str]:
    """Who asked for a talk comes first, whom nobody may call yet last; between them the strongest."""
    held = line.hold_until is not None
    return not line.fast_pass, held, -line.strength.strength, -line.raised_at, line.alert_id


def _dues(line: AlertLine) -> tuple[float, int, str]:
    """What is claimed comes by when its outcome is due; that of a former release, which does not know it, first."""
    return line.due_at or 0, -line.strength.strength, line.alert_id


def _real_time_at(line: AlertLine) -> int:
    return line.raised_at if line.real_time_at is None else line.real_time_at
