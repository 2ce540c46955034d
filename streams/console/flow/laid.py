"""The books laid out for a page: the sheet that was asked for, its lines, and the values that one may choose from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from streams.console.desk import Desk
from streams.console.flow.asked import Asked, Counted, Span, span_of
from streams.console.flow.drawing import Drawing, drawing_of
from streams.console.flow.moves import MovesState
from streams.console.flow.rows import FlowRow, rows_of, why_bottleneck
from streams.console.render import Frame
from streams.console.tongue import N_, filled, said_of
from streams.core.flow.sheet import Sheet, sheet_of
from streams.core.flow.tally import Tally
from streams.core.rules import Rules, RulesError
from streams.core.stage.stages import stages_in
from streams.readmodel.errors import ReadModelAway

__all__ = ["MOST_ROWS", "Laid", "Part", "laid_by", "laid_out", "shown"]

MOST_ROWS: Final = 50


class Part(Struct, frozen=True, kw_only=True):
    """One value of the label that the rows are by."""

    value: str
    rows: Mapping[str, FlowRow]


class Laid(Struct, frozen=True, kw_only=True):
    """All that a page shows. `more`: values that are not among the parts. `stuck_at`: the bottleneck, "" for none."""

    span: Span
    sheet: Sheet
    rows: Sequence[FlowRow]
    drawing: Drawing | None
    parts: Sequence[Part]
    more: int
    values: Mapping[str, Sequence[str]]
    stuck_at: str
    why: str
    of: Counted = "people"

    @property
    def ever(self) -> int:
        """Leads that were ever gained, or accounts, until the window's end."""
        return self.sheet.ledger.ever_gained


def laid_by(asked: Asked, tally: Tally, rules: Rules, *, now: int) -> Laid:
    """`now`: as of when, UTC milliseconds."""
    stages, span = stages_in(rules), span_of(asked.window, today=rules.site.day_of(now))
    sheet = sheet_of(
        tally.of(asked.wanted, by=asked.by), span.window, wanted=asked.wanted, by=asked.by, stages=stages, as_of=now,
        is_open=span.is_open,
    )  # fmt: skip
    rows = rows_of(sheet.ledger, sheet.cohorts, sheet.ages, stages=stages)
    found = sheet.bottleneck
    why = "" if found is None else why_bottleneck(rows, found.stage, found.growth, of=asked.of)
    parts = [
        Part(value=one.value,
             rows={row.stage: row for row in rows_of(one.ledger, one.cohorts, one.ages, stages=stages)})
        for one in sheet.rows[:MOST_ROWS]
    ]  # fmt: skip
    return Laid(
        span=span, sheet=sheet, rows=rows, drawing=drawing_of(rows, of=asked.of), parts=parts, values=tally.values(),
        more=max(0, len(sheet.rows) - MOST_ROWS), stuck_at="" if found is None or not why else found.stage, why=why,
        of=asked.of,
    )  # fmt: skip


async def laid_out(desk: Desk, asked: Asked) -> tuple[Laid | None, MovesState]:
    """What was asked for, and how old it is; None where nothing was read yet, or cannot be."""
    moves = desk.sight.moves
    try:
        state = await moves.fresh()
        if state.as_of is None:
            return None, state
        now = state.as_of
        found = await moves.asked(
            ("laid", asked, now), lambda tally, rules: laid_by(asked, tally, rules, now=now), of=asked.of
        )
        if asked.of == "accounts":  # what people's moves lack, these lack: where accounts stand follows from them
            people, _ = await laid_out(desk, replace(asked, of="people", by=""))
            missing = () if people is None else people.sheet.mismatches
            found = replace(found, sheet=replace(found.sheet, mismatches=missing))
    except RulesError as error:
        why = filled(N_("the rules cannot be read: %(error)s"), error=said_of(error))
        return None, MovesState(as_of=None, done=0, total=0, why=why)
    return found, state


async def shown(desk: Desk, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page in its frame, also while the read model is away: these figures come from Kafka."""
    try:
        frame = await desk.frame()
    except ReadModelAway:
        frame = Frame(now=desk.now())
    return desk.pages.page(request, template, frame, status=status, **values)
