"""The ledger for programs: `GET /ledger`, the same figures as the page of flow and balance. Raises Refused."""

from typing import Final

from msgspec import Struct
from starlette.requests import Request

from schemas.api_keys import ApiKey
from streams.console.api.problems import Refused
from streams.console.desk import Desk
from streams.console.flow.asked import COUNTED, WINDOWS, Counted, asked_of
from streams.console.flow.laid import laid_out
from streams.console.flow.moves import MovesState
from streams.console.flow.rows import FlowRow, percent, tenth
from streams.core.flow.books import LABELS

__all__ = ["Books", "BooksLine", "BooksPart", "ledger"]

_AGAIN: Final = {"retry-after": "5"}


class BooksLine(Struct, frozen=True, kw_only=True):
    """One stage: `opening + came = to_next + recycled + ended + back + aside + closing`.

    `flow_cvr` = to_next / (opening + came), `cohort_cvr` = cohort_reached / cohort_came, both in percent, null of
    nothing. `aside`: corrections, merged leads and changed labels. Days are those of whoever stands there now.
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
    aside: int
    closing: int
    flow_cvr: float | None
    cohort_came: int
    cohort_reached: int
    cohort_cvr: float | None
    median_days: float | None
    p90_days: float | None


class BooksPart(Struct, frozen=True, kw_only=True):
    """The same of one value of the label `by`."""

    value: str
    stages: list[BooksLine]


class Books(Struct, frozen=True, kw_only=True):
    """Flow and balance of one window. Days are the site's; `from_day` null: since ever; `is_open`: until now.

    `of`: people, or accounts, each of which stands where its furthest lead does.
    `reconciles` false: the sums do not agree, so moves are missing from what was read. `more`: values of `by` that are
    not among the `parts`, which are the 50 with the most people.
    """

    of: Counted
    as_of: int
    from_day: str | None
    to_day: str
    is_open: bool
    ever_gained: int
    wins: int
    return_wins: int
    reconciles: bool
    stages: list[BooksLine]
    by: str
    parts: list[BooksPart]
    more: int


async def ledger(desk: Desk, request: Request, _: ApiKey) -> Books:
    """`GET /ledger`."""
    query = request.query_params
    for name, allowed in (("of", tuple(COUNTED)), ("window", tuple(WINDOWS)), ("by", LABELS)):
        if name in query and query[name] not in allowed:
            raise Refused(400, "bad-parameter", f"`{name}` is one of {', '.join(allowed)}.")
    asked = asked_of(query)
    laid, state = await laid_out(desk, asked)
    if laid is None or state.as_of is None:
        raise _not_yet(state)
    first = laid.span.first
    return Books(
        of=asked.of,
        as_of=state.as_of, from_day=None if first is None else first.isoformat(), to_day=laid.span.last.isoformat(),
        is_open=laid.span.is_open, ever_gained=laid.ever, wins=laid.sheet.wins, return_wins=laid.sheet.return_wins,
        reconciles=laid.sheet.reconciles, stages=[_line(row) for row in laid.rows], by=asked.by,
        parts=[BooksPart(value=one.value, stages=[_line(row) for row in one.rows.values()]) for one in laid.parts],
        more=laid.more,
    )  # fmt: skip


def _not_yet(state: MovesState) -> Refused:
    if state.why:
        return Refused(503, "log-away", f"The moves cannot be read now ({state.why}). Ask again later.", headers=_AGAIN)
    said = f"The moves are being read: {state.done:,} of {state.total:,} records. Ask again in some seconds."
    return Refused(503, "reading", said, headers=_AGAIN)


def _line(row: FlowRow) -> BooksLine:
    return BooksLine(
        stage=row.stage, next_stage=row.next_stage, opening=row.opening, came=row.came, passed=row.passed,
        to_next=row.to_next, recycled=row.recycled, ended=row.ended, back=row.back, aside=row.aside_out,
        closing=row.closing, flow_cvr=percent(row.flow_cvr), cohort_came=row.cohort.came,
        cohort_reached=row.cohort.reached, cohort_cvr=percent(row.cohort.cvr), median_days=tenth(row.age.p50_days),
        p90_days=tenth(row.age.p90_days),
    )  # fmt: skip
