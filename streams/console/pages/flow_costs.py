"""What results cost: for each medium and program the cost of a lead, a meeting, a customer. Also as CSV."""

from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import Desk, desk_of
from streams.console.flow.asked import WINDOWS, Asked, asked_of
from streams.console.flow.costed import Costed, CostLine, costed
from streams.console.flow.laid import laid_out, shown
from streams.console.flow.moves import MovesState
from streams.console.spreadsheet import csv_file

__all__ = ["ROUTES"]

MOST: Final = 100  # programs on the page; the CSV has all


async def costs(request: Request) -> Response:
    """`GET /flow/costs?window=month&medium=fair`."""
    desk, asked = desk_of(request), asked_of(request.query_params)
    found, state = await _found(desk, asked)
    if found is None:
        status = 503 if state.why else 200
        return await shown(desk, request, "flow_waiting.html", status=status, state=state, again=request.url.path)
    return await shown(desk, request, "flow_costs.html", found=found, state=state, asked=asked, windows=WINDOWS,
                       most=MOST)  # fmt: skip


async def table(request: Request) -> Response:
    """`GET /flow/costs.csv`, the same query."""
    desk, asked = desk_of(request), asked_of(request.query_params)
    found, state = await _found(desk, asked)
    if found is None:
        return await shown(desk, request, "flow_waiting.html", status=503, state=state, again="/flow/costs")
    head = ["by", "medium", "source", "program", "from_day", "to_day", "cost", "currency"]
    head += [name for stage in found.stages for name in (f"{stage}_first_came", f"cost_per_{stage}")]
    return csv_file(f"costs-{found.span.last.isoformat()}", head, _cells(found))


async def _found(desk: Desk, asked: Asked) -> tuple[Costed | None, MovesState]:
    laid, state = await laid_out(desk, asked)
    if laid is None or state.as_of is None:
        return None, state
    return await costed(desk, asked, as_of=state.as_of), state


def _cells(found: Costed) -> Iterator[list[str | float | None]]:
    yield _row(found, found.whole, by="all")
    parts = ("medium", found.media), ("source", found.sources), ("program", found.programs)
    for by, lines in parts:
        for one in lines:
            yield _row(found, one, by=by)


def _row(found: Costed, one: CostLine, *, by: str) -> list[str | float | None]:
    first = found.span.first
    cells: list[str | float | None] = [
        by, one.medium, one.source, one.program, None if first is None else first.isoformat(),
        found.span.last.isoformat(), _cents(one.cost), found.currency,
    ]  # fmt: skip
    for stage in found.stages:
        cells += [one.came.get(stage, 0), _cents(one.per(stage))]
    return cells


def _cents(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 2)


ROUTES: Final = [Route("/flow/costs", costs), Route("/flow/costs.csv", table)]
