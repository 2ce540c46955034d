"""Flow and balance: for each stage and window `opening + in = out + closing`, and everybody stands somewhere.

The flow CVR is what left for the next stage, of all that stood there or came; it mixes those who came in this window
with those who came before. The cohort CVR (`cohorts.py`) follows those who came. Both are printed with their formula.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from streams.core.flow.postings import Kind, Posting
from streams.core.stage.stages import Stages

__all__ = ["FLOW_FORMULA", "Flow", "Ledger", "Move", "Window", "cut_by", "ledger_of", "next_stage", "percent"]

FLOW_FORMULA: Final = "left for the next stage / (opening + in)"
FAR: Final = 2**62


class Window(Struct, frozen=True):
    """From `begins` to before `ends`, UTC milliseconds of recording."""

    begins: int
    ends: int = FAR


class Move(Struct, frozen=True, kw_only=True, order=True):
    """How many went one way. `stage` is the other end ("" = from outside, or to it)."""

    stage: str
    kind: Kind
    rule_id: str
    count: int


class Flow(Struct, frozen=True, kw_only=True):
    """One stage in one window. `passed` of the ins (and as many of the outs) went through without stopping."""

    stage: str
    opening: int
    ins: tuple[Move, ...]
    outs: tuple[Move, ...]
    closing: int
    next_stage: str

    @property
    def came(self) -> int:
        """All that came in."""
        return sum(one.count for one in self.ins)

    @property
    def left(self) -> int:
        """All that left."""
        return sum(one.count for one in self.outs)

    @property
    def passed(self) -> int:
        """Of those who came: who only passed through."""
        return sum(one.count for one in self.ins if one.kind == "passed")

    @property
    def corrected(self) -> tuple[int, int]:
        """In and out by corrections."""
        return _of_kind(self.ins, "corrected"), _of_kind(self.outs, "corrected")

    @property
    def to_next(self) -> int:
        """Who left for the next stage, also who only passed; a correction leads nowhere."""
        ways = ("moved", "passed")
        return sum(one.count for one in self.outs if self.next_stage and one.stage == self.next_stage
                   and one.kind in ways)  # fmt: skip

    @property
    def flow_cvr(self) -> str:
        """In percent, "-" where nobody stood there or came."""
        return percent(self.to_next, self.opening + self.came) if self.next_stage else "-"

    def out_to(self, stage: str) -> int:
        """Who left for this stage."""
        return sum(one.count for one in self.outs if one.stage == stage)

    def in_from(self, stage: str) -> int:
        """Who came from this stage."""
        return sum(one.count for one in self.ins if one.stage == stage)


class Ledger(Struct, frozen=True, kw_only=True):
    """All stages in one window, in the order of the way and then what lies beside it."""

    window: Window
    flows: tuple[Flow, ...]
    ever_gained: int  # until the window's end, less those whose gain was taken back

    def flow(self, stage: str) -> Flow:
        """The flow of a stage. Raises KeyError."""
        return {one.stage: one for one in self.flows}[stage]

    @property
    def reconciles(self) -> bool:
        """Whether each line adds up, and everybody who was ever gained stands somewhere."""
        lines = all(one.opening + one.came == one.left + one.closing for one in self.flows)
        return lines and self.ever_gained == sum(one.closing for one in self.flows)


def ledger_of(postings: Iterable[Posting], window: Window, stages: Stages) -> Ledger:
    """The books of one window."""
    opening: Counter[str] = Counter()
    closing: Counter[str] = Counter()
    ins: Counter[tuple[str, str, Kind, str]] = Counter()
    outs: Counter[tuple[str, str, Kind, str]] = Counter()
    gained = 0
    for one in postings:
        if one.at >= window.ends:
            continue
        closing[one.stage] += one.change
        if not one.other:
            gained += one.change
        elif one.kind == "relabelled":
            gained += one.change  # another cut's gain from here on
        if one.at < window.begins:
            opening[one.stage] += one.change
        else:
            moves = ins if one.change > 0 else outs
            moves[one.stage, one.other, one.kind, one.rule_id] += abs(one.change)
    flows = tuple(
        Flow(
            stage=name, opening=opening[name], ins=_moves(ins, name), outs=_moves(outs, name), closing=closing[name],
            next_stage=next_stage(name, stages),
        )
        for name in _places(stages)
    )  # fmt: skip
    return Ledger(window=window, flows=flows, ever_gained=gained)


def cut_by(postings: Iterable[Posting], window: Window, stages: Stages) -> Mapping[str, Ledger]:
    """One set of books for each value of the label that the postings are cut by; together they are the whole."""
    of_cut: dict[str, list[Posting]] = {}
    for one in postings:
        of_cut.setdefault(one.cut, []).append(one)
    return {cut: ledger_of(of_cut[cut], window, stages) for cut in sorted(of_cut)}


def next_stage(stage: str, stages: Stages) -> str:
    """Where one passes on to: the next on the way; from beside it where a recovery leads; "" from an end."""
    found = stages.by_name[stage]
    if found.kind == "terminal":
        return ""
    if found.rank > 0:
        return next((one.name for one in stages.way if one.rank > found.rank), "")
    recovers = {rule.stage for rule in stages.rules.milestone if rule.role == "recovery"}
    return next((arrow.to for arrow in stages.rules.arrow if stage in arrow.leaves and arrow.to in recovers), "")


def percent(part: int, whole: int) -> str:
    """A share to a tenth of a percent, halves up; "-" of nothing.

    >>> percent(1_500, 10_318), percent(0, 0)
    ('14.5%', '-')
    """
    if whole <= 0:
        return "-"
    tenths = (2_000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def _places(stages: Stages) -> Sequence[str]:
    """Stages that have a balance: the way, then beside it from the nearest on."""
    beside = sorted((one for one in stages.rules.stage if one.rank < 0), key=lambda one: -one.rank)
    return [one.name for one in (*stages.way, *beside)]


def _moves(counted: Mapping[tuple[str, str, Kind, str], int], stage: str) -> tuple[Move, ...]:
    found = [
        Move(stage=other, kind=kind, rule_id=rule_id, count=count)
        for (whose, other, kind, rule_id), count in counted.items()
        if whose == stage
    ]
    return tuple(sorted(found))


def _of_kind(moves: Iterable[Move], kind: Kind) -> int:
    return sum(one.count for one in moves if one.kind == kind)
