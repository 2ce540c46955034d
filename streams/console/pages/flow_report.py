"""Three reports of one ledger, each one printed page: for executives, for leaders, for staff (ask A30)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk, desk_of
from streams.console.flow.asked import NOT_KNOWN, WINDOWS, Asked, asked_of, span_of
from streams.console.flow.costed import costed
from streams.console.flow.laid import Laid, Part, laid_out, shown
from streams.console.tongue import N_, Text
from streams.core.flow.books import LABELS
from streams.core.flow.cohorts import COHORT_FORMULA
from streams.core.flow.ledger import FLOW_FORMULA
from streams.core.flow.overdue import overdue_by_stage
from streams.core.flow.sheet import first_comers

__all__ = ["READERS", "ROUTES", "Late", "Measure", "measures"]

READERS: Final = {"executives": N_("Executives"), "leaders": N_("Leaders"), "staff": N_("Staff")}
ON_A_PAGE: Final = 8  # values of a label on a leader's page
MEASURES: Final = 30


class Measure(Struct, frozen=True, kw_only=True):
    """How far the leads of one medium and one program got: who came to each stage for the first time in the window."""

    medium: str
    program: str
    came: Mapping[str, int]


class Late(Struct, frozen=True, kw_only=True):
    """How many leads sales is late with now, by stage. None: not counted yet, or `why` it cannot be."""

    by_stage: Mapping[str, int] | None
    as_of: int
    why: Text


async def report(request: Request) -> Response:
    """`GET /flow/report/leaders?window=month&segment=batch`."""
    reader = request.path_params["reader"]
    if reader not in READERS:
        raise HTTPException(404)
    desk, asked = desk_of(request), replace(asked_of(request.query_params), by="", of="people")
    laid, state = await laid_out(desk, asked)
    if laid is None:
        status = 503 if state.why else 200
        return await shown(desk, request, "flow_waiting.html", status=status, state=state, again=request.url.path)
    values: dict[str, Any] = {"costs": await costed(desk, asked, as_of=state.as_of or 0)}
    if reader == "leaders":
        values |= {"cuts": {label: await _parts(desk, asked, label) for label in ("medium", "segment")},
                   "late": await _late(desk, asked)}  # fmt: skip
    elif reader == "staff":
        found = await measures(desk, asked, as_of=state.as_of or 0)
        values |= {"measures": found[:MEASURES], "more": max(0, len(found) - MEASURES)}
    return await shown(
        desk, request, f"report_{reader}.html", laid=laid, state=state, asked=asked, windows=WINDOWS, readers=READERS,
        reader=reader, labels=LABELS, not_known=NOT_KNOWN, flow_formula=FLOW_FORMULA, cohort_formula=COHORT_FORMULA,
        **values,
    )  # fmt: skip


async def measures(desk: Desk, asked: Asked, *, as_of: int) -> Sequence[Measure]:
    """By medium and program, those with the most people first."""
    wanted, name = asked.wanted, ("measures", asked, as_of)
    found = await desk.sight.moves.asked(
        name,
        lambda tally, rules: first_comers(
            tally.whole().arrivals, span_of(asked.window, today=rules.site.day_of(as_of)).window, wanted=wanted,
            labels=("medium", "program"),
        ),
    )  # fmt: skip
    return [Measure(medium=medium, program=program, came=came) for (medium, program), came in found.items()]


async def _parts(desk: Desk, asked: Asked, label: str) -> Sequence[Part]:
    laid: Laid | None
    laid, _ = await laid_out(desk, replace(asked, by=label))
    return [] if laid is None else laid.parts[:ON_A_PAGE]


async def _late(desk: Desk, asked: Asked) -> Late:
    """The rules were read by now: the figures of this page are made by them."""
    answer = await desk.sight.readings.overdue(desk.sight.known.in_force())
    by_stage = None if answer.found is None else overdue_by_stage(answer.found, asked.wanted)
    return Late(by_stage=by_stage, as_of=answer.as_of, why=answer.why)


ROUTES: Final = [Route("/flow/report/{reader}", report)]
