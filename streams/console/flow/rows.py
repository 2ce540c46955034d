"""A sheet of the books as lines for people: what came, where it went, both rates, and whether the line adds up."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from streams.console.flow.asked import Counted
from streams.console.tongue import N_, filled
from streams.core.flow.ageing import Age
from streams.core.flow.cohorts import Cohort
from streams.core.flow.ledger import Flow, Ledger
from streams.core.flow.sheet import NO_AGE
from streams.core.stage.stages import Stages

__all__ = ["FlowRow", "percent", "rows_of", "tenth", "why_bottleneck"]

NEVER_STOOD: Final = N_(
    "no stage had a balance at the beginning; here one in ten has stood for %(days)s days or more"
)


GREW: Final[Mapping[Counted, str]] = {
    "people": N_("its balance grew most: from %(opening)s to %(closing)s people, by %(growth)s"),
    "accounts": N_("its balance grew most: from %(opening)s to %(closing)s accounts, by %(growth)s"),
}


class FlowRow(Struct, frozen=True, kw_only=True):
    """One stage. `opening + came` = `to_next` + `recycled` + `ended` + `back` + `aside_out` + `closing`.

    `aside_in`, `aside_out`: corrections, merged leads and changed labels, which are in `came` and in `left`.
    """

    stage: str
    next_stage: str
    opening: int
    came: int
    passed: int
    to_next: int
    recycled: int
    ended: int
    back: int
    aside_in: int
    aside_out: int
    left: int
    closing: int
    flow_cvr: str
    cohort: Cohort
    age: Age
    on_the_way: bool

    @property
    def total(self) -> int:
        """Who stood there or came."""
        return self.opening + self.came

    @property
    def gone_or_there(self) -> int:
        """The same people counted at the other end: who left, and who stands there."""
        return self.to_next + self.recycled + self.ended + self.back + self.aside_out + self.closing


def percent(cvr: str) -> float | None:
    """A rate as a number that a program or a spreadsheet can use; None where there is none."""
    return float(cvr.removesuffix("%")) if cvr.endswith("%") else None


def tenth(days: float | None) -> float | None:
    """Days, to the tenth."""
    return None if days is None else round(days, 1)


def rows_of(ledger: Ledger, cohorts: Mapping[str, Cohort], ages: Mapping[str, Age], *, stages: Stages) -> list[FlowRow]:
    """All stages of the way, and of those beside it the ones that anybody stood in."""
    rows = [_row(flow, cohorts[flow.stage], ages.get(flow.stage, NO_AGE), stages=stages) for flow in ledger.flows]
    return [row for row in rows if row.on_the_way or row.total]


def why_bottleneck(rows: Sequence[FlowRow], stage: str, growth: float | None, *, of: Counted = "people") -> str:
    """Why this stage is called the bottleneck; "" where nothing piles up."""
    row = next((one for one in rows if one.stage == stage), None)
    if row is None:
        return ""
    if growth is None:
        days = row.age.p90_days or 0.0
        return filled(NEVER_STOOD, days=f"{days:.1f}")
    if growth <= 0:
        return ""
    return filled(GREW[of], opening=f"{row.opening:,}", closing=f"{row.closing:,}", growth=f"{growth:.0%}")


def _row(flow: Flow, cohort: Cohort, age: Age, *, stages: Stages) -> FlowRow:
    recycled = ended = back = aside_out = to_next = 0
    for move in flow.outs:
        beside = stages.rank(move.stage) < 0
        if move.kind not in ("moved", "passed"):
            aside_out += move.count
        elif flow.next_stage and move.stage == flow.next_stage:
            to_next += move.count
        elif beside and stages.by_name[move.stage].kind == "terminal":
            ended += move.count
        elif beside:
            recycled += move.count
        else:
            back += move.count
    return FlowRow(
        stage=flow.stage, next_stage=flow.next_stage, opening=flow.opening, came=flow.came, passed=flow.passed,
        to_next=to_next, recycled=recycled, ended=ended, back=back,
        aside_in=sum(one.count for one in flow.ins if one.kind in ("corrected", "merged", "relabelled")),
        aside_out=aside_out, left=flow.left, closing=flow.closing, flow_cvr=flow.flow_cvr, cohort=cohort, age=age,
        on_the_way=stages.rank(flow.stage) > 0,
    )  # fmt: skip
