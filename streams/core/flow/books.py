"""What the moves of one lead add to the books: bookings, arrivals and wins by day, and where it stands now.

Days and not moments, so that the same few lines come again and are counted: what is asked of the books costs by lines
and not by people. All is cut by where a lead came from, by every label at once: any choice can be made later.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from schemas.cards import Transition
from schemas.lookups import remembered
from streams.core.days import DAY_MS, DayOf
from streams.core.flow.ledger import next_stage
from streams.core.flow.postings import NOBODY, Kind, Posting, postings
from streams.core.stage.stages import Stages

__all__ = [
    "ANY", "LABELS", "Arrival", "Cut", "LeadBooks", "Line", "Stay", "Wanted", "Win", "booked", "chosen", "shortened",
]  # fmt: skip

LABELS: Final = ("medium", "source", "program", "segment")
RETURN: Final = "return"  # the way of arrow T13
_CUT: Final = "cut"
_BETWEEN: Final = "\x1f"


class Cut(NamedTuple):
    """Where a lead came from, as it was known at a move; "" = nobody knows."""

    medium: str = ""
    source: str = ""
    program: str = ""
    segment: str = ""


class Wanted(NamedTuple):
    """Which leads are asked for; None = any."""

    medium: str | None = None
    source: str | None = None
    program: str | None = None
    segment: str | None = None

    def takes(self, cut: Cut) -> bool:
        """Whether a lead of this cut is meant."""
        return all(want is None or want == has for want, has in zip(self, cut, strict=True))

    def among(self) -> Callable[[Cut], bool]:
        """The same for many of few cuts."""
        if self == ANY:
            return lambda _: True
        known: dict[Cut, bool] = {}

        def takes(cut: Cut) -> bool:
            found = known.get(cut)
            if found is None:
                found = known[cut] = self.takes(cut)
            return found

        return takes


ANY: Final = Wanted()


class Line(NamedTuple):
    """A booking of one day. `at`: the day, in milliseconds since the first one of 1970.

    `beside`: the cut on the other side of a relabelling; else the same as `cut`.
    """

    at: int
    stage: str
    other: str
    change: int
    kind: Kind
    rule_id: str
    cut: Cut
    beside: Cut


class Arrival(NamedTuple):
    """Somebody came to a stage for the first time on this day, and whether they ever reached the next one."""

    at: int
    stage: str
    went_on: bool
    cut: Cut


class Win(NamedTuple):
    """Somebody was won on this day. `returned`: sales took up a lost deal again, and this followed."""

    at: int
    returned: bool
    cut: Cut


class Stay(NamedTuple):
    """Where a lead stands, and since when (UTC milliseconds)."""

    stage: str
    since: int
    cut: Cut


class LeadBooks(Struct, frozen=True, kw_only=True):
    """All that one lead adds. `stay` None: it stands in no stage with a balance."""

    lines: tuple[Line, ...]
    arrivals: tuple[Arrival, ...]
    wins: tuple[Win, ...]
    stay: Stay | None


def shortened(move: Transition) -> Transition:
    """A move with what the books need of it, in a third of the memory: of many moves each text is there once."""
    cut = _BETWEEN.join(move.labels.get(name, "").replace(_BETWEEN, "") for name in LABELS)
    return replace(
        move, account_id=_account(move.account_id), rules_version="", evidence=(), actor="", sub_stage="",
        corrects=None, from_stage=_once(move.from_stage), to_stage=_once(move.to_stage), via=_once(move.via),
        rule_id=_once(move.rule_id), labels=_labels(cut),
    )  # fmt: skip


def booked(moves: Iterable[Transition], *, day_of: DayOf, stages: Stages) -> LeadBooks:
    """The books of one lead, of its shortened moves in any order, some of them twice."""
    known = {one.number: one for one in moves}
    ordered = [known[number] for number in sorted(known)]
    posted = list(postings(ordered, label=_CUT))
    last = ordered[-1] if ordered else None
    stay = None
    if last is not None and last.to_stage not in NOBODY:
        stay = Stay(last.to_stage, last.effective_at, _cut_of(last.labels[_CUT]))
    return LeadBooks(
        lines=tuple(_lines(posted, day_of)), arrivals=_arrivals(posted, day_of, stages),
        wins=tuple(_wins(ordered, day_of, stages)), stay=stay,
    )  # fmt: skip


def chosen(lines: Mapping[Line, int], wanted: Wanted) -> Iterator[Posting]:
    """The bookings of who is asked for, several of one kind in one. Who changes a label among them goes nowhere."""
    takes = wanted.among()
    for line, count in lines.items():
        if count and takes(line.cut) and not (line.kind == "relabelled" and takes(line.beside)):
            yield Posting(at=line.at, who="", stage=line.stage, other=line.other, change=line.change * count,
                          kind=line.kind, rule_id=line.rule_id)  # fmt: skip


def _lines(posted: Sequence[Posting], day_of: DayOf) -> Iterator[Line]:
    """A relabelling is two bookings after each other: out of one cut, into the other."""
    for place, one in enumerate(posted):
        beside = one.cut
        if one.kind == "relabelled":
            beside = posted[place + 1 if one.change < 0 else place - 1].cut
        yield Line(day_of(one.at) * DAY_MS, one.stage, one.other, one.change, one.kind, one.rule_id, _cut_of(one.cut),
                   _cut_of(beside))  # fmt: skip


def _arrivals(posted: Sequence[Posting], day_of: DayOf, stages: Stages) -> tuple[Arrival, ...]:
    came: dict[str, tuple[int, str]] = {}
    reached: set[str] = set()
    for one in posted:
        if one.change < 0 or one.kind in ("corrected", "relabelled"):
            continue
        came[one.stage] = min((one.at, one.cut), came.get(one.stage, (one.at, one.cut)))
        if one.other and next_stage(one.other, stages) == one.stage:
            reached.add(one.other)
    return tuple(
        Arrival(day_of(at) * DAY_MS, stage, stage in reached, _cut_of(cut)) for stage, (at, cut) in came.items()
    )


def _wins(ordered: Sequence[Transition], day_of: DayOf, stages: Stages) -> Iterator[Win]:
    """A setback after the return makes it a journey of its own."""
    returned, won = False, stages.way[-1].name
    for one in ordered:
        if one.via == RETURN:
            returned = True
        elif stages.rank(one.to_stage) < 0:
            returned = False
        if one.to_stage == won and one.from_stage != won:
            yield Win(day_of(one.recorded_at) * DAY_MS, returned, _cut_of(one.labels[_CUT]))


@remembered("cuts_of_the_books", most=4_096)
def _cut_of(joined: str) -> Cut:
    return Cut(*joined.split(_BETWEEN))


@remembered("labels_of_the_books", most=4_096)
def _labels(joined: str) -> dict[str, str]:
    return {_CUT: joined}


@remembered("accounts_of_the_books", most=16_384)
def _account(account_id: str) -> str:
    return account_id


@remembered("words_of_the_books", most=1_024)
def _once(text: str) -> str:
    return text
