"""Flow and balance: who stood where, who came, where they went, both rates and what they are made of; and as CSV."""

from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import desk_of
from streams.console.flow.asked import COUNTED, NOT_KNOWN, WINDOWS, asked_of
from streams.console.flow.laid import Laid, laid_out, shown
from streams.console.flow.rows import FlowRow, percent, tenth
from streams.console.spreadsheet import csv_file
from streams.core.flow.books import LABELS
from streams.core.flow.cohorts import COHORT_FORMULA
from streams.core.flow.ledger import FLOW_FORMULA

__all__ = ["CSV_HEAD", "ROUTES"]

CSV_HEAD: Final = (
    "by", "value", "stage", "from_day", "to_day", "opening", "in", "of_in_passed_through", "to_next", "next_stage",
    "flow_cvr_percent", "cohort_came", "cohort_reached_next", "cohort_cvr_percent", "to_recycling", "ended", "back",
    "corrected_merged_relabelled_out", "closing", "median_days", "p90_days", "counted",
)  # fmt: skip


async def flow(request: Request) -> Response:
    """`GET /flow?of=accounts&window=28d&source=linkedin&program=fair-26&segment=batch&by=medium`."""
    desk, asked = desk_of(request), asked_of(request.query_params)
    laid, state = await laid_out(desk, asked)
    if laid is None:
        status = 503 if state.why else 200
        return await shown(desk, request, "flow_waiting.html", status=status, state=state, again=str(request.url.path))
    return await shown(
        desk, request, "flow.html", laid=laid, state=state, asked=asked, windows=WINDOWS, labels=LABELS,
        counted=COUNTED, not_known=NOT_KNOWN, flow_formula=FLOW_FORMULA, cohort_formula=COHORT_FORMULA,
    )  # fmt: skip


async def table(request: Request) -> Response:
    """`GET /flow/table.csv`, the same query: the same lines for a spreadsheet."""
    desk, asked = desk_of(request), asked_of(request.query_params)
    laid, state = await laid_out(desk, asked)
    if laid is None:
        return await shown(desk, request, "flow_waiting.html", status=503, state=state, again="/flow")
    name = "flow" if asked.of == "people" else "flow-accounts"
    return csv_file(f"{name}-{laid.span.last.isoformat()}", CSV_HEAD, _cells(laid, asked.by))


def _cells(laid: Laid, by: str) -> Iterator[list[str | float | None]]:
    for row in laid.rows:
        yield _row(laid, row, ("all", ""))
    for part in laid.parts:
        for row in part.rows.values():
            yield _row(laid, row, (by, part.value))


def _row(laid: Laid, row: FlowRow, of: tuple[str, str]) -> list[str | float | None]:
    span, cohort, age = laid.span, row.cohort, row.age
    return [
        *of, row.stage, span.first.isoformat() if span.first else None, span.last.isoformat(), row.opening, row.came,
        row.passed, row.to_next, row.next_stage, percent(row.flow_cvr), cohort.came, cohort.reached,
        percent(cohort.cvr), row.recycled, row.ended, row.back, row.aside_out, row.closing, tenth(age.p50_days),
        tenth(age.p90_days), laid.of,
    ]  # fmt: skip


ROUTES: Final = [Route("/flow", flow), Route("/flow/table.csv", table)]
