"""Rules A against B over the rows that are kept: who changes side and why, stages, alerts, precision and recall.

It reads and announces nothing. As a page, and as CSV with formulas neutralised.
"""

from typing import Any, Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.gate import shows
from streams.console.desk import Desk, desk_of
from streams.console.flow.laid import shown
from streams.console.rules.at_hand import unreadable_rules
from streams.console.rules.known import IN_FORCE, Choice
from streams.console.rules.pasted import PASTED
from streams.console.rules.readings import Answer
from streams.console.spreadsheet import csv_file
from streams.console.tongue import N_
from streams.core.backtest.comparison import Comparison
from streams.core.backtest.two_rules import LeadByTwo
from streams.core.rulebook.in_words import changes
from streams.core.rules import Rules, RulesError

__all__ = ["CSV_HEAD", "ROUTES", "row_of"]

ON_A_PAGE: Final = 100
CSV_HEAD: Final = ("lead_id", "name", "stage", "score_a", "score_b", "above_a", "above_b", "stage_by_a", "stage_by_b",
                   "lines_that_differ")  # fmt: skip

FORGOTTEN: Final = (
    N_("These rules are not kept any more"),
    N_("What was brought by hand is kept until 15 minutes after the last look, the newest 8 of all. An emptied Redis "
       "forgets it at once. Bring it again."),
)


class _Forgotten(Exception):
    """What was pasted is not kept any more."""


class _Pair(Struct, frozen=True, kw_only=True):
    a: str
    b: str
    before: Rules
    after: Rules


async def compare(request: Request) -> Response:
    """`GET /rules/compare?a=now&b=approved`; without `b` only the choice. `again=1` reads the rows anew."""
    desk = desk_of(request)
    asked = {name: request.query_params.get(name, "") for name in ("a", "b")}
    try:
        choices = [*desk.sight.known.choices(desk.now())]
        pair = await _pair(desk, asked["a"], asked["b"])
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    except _Forgotten:
        return await desk.notice(request, 404, title=FORGOTTEN[0], text=FORGOTTEN[1])
    answer: Answer[Comparison] = Answer()
    if pair is not None and pair.b.startswith(PASTED):
        choices.append(Choice(name=pair.b, kind="pasted", what=pair.after.version))
    if pair is not None:
        again = request.query_params.get("again") == "1"
        answer = await desk.sight.readings.comparison(pair.before, pair.after, again=again)
    found = answer.found
    shows(request, [one.lead_id for one in found.sides[:ON_A_PAGE]] if found else [])
    values: dict[str, Any] = {
        "choices": choices, "a": asked["a"] or IN_FORCE, "b": asked["b"], "pair": pair, "answer": answer,
        "found": found, "changes": [] if pair is None else changes(pair.before, pair.after), "most": ON_A_PAGE,
    }  # fmt: skip
    status = 503 if pair is not None and found is None and answer.why else 200
    return await shown(desk, request, "rules_compare.html", status=status, **values)


async def table(request: Request) -> Response:
    """`GET /rules/compare.csv`: those who change side, at most 500."""
    desk = desk_of(request)
    try:
        pair = await _pair(desk, request.query_params.get("a", ""), request.query_params.get("b", ""))
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    except _Forgotten:
        return await desk.notice(request, 404, title=FORGOTTEN[0], text=FORGOTTEN[1])
    if pair is None:
        return RedirectResponse("/rules/compare", 303)
    answer = await desk.sight.readings.comparison(pair.before, pair.after)
    if answer.found is None:  # the page says why, or how far the reading is
        return RedirectResponse(f"/rules/compare?{request.url.query}", 303)
    shows(request, [one.lead_id for one in answer.found.sides])
    return csv_file(f"rules-{pair.before.version}-{pair.after.version}", CSV_HEAD, map(row_of, answer.found.sides))


def row_of(one: LeadByTwo) -> list[str | float | None]:
    """A line of the table; scores in points."""
    lines = "; ".join(f"{line.label} {line.was / 10:.1f} -> {line.is_now / 10:.1f}" for line in one.lines)
    return [one.lead_id, one.name, one.stage, one.was / 10, one.is_now / 10, _yes(one.was_above), _yes(one.is_above),
            one.was_stage, one.is_stage, lines]  # fmt: skip


def _yes(above: bool) -> str:  # noqa: FBT001  it is what is said
    return "yes" if above else "no"


async def _pair(desk: Desk, a: str, b: str) -> _Pair | None:
    """None while nothing is chosen. Raises HTTPException 404, _Forgotten, RulesError, OSError, ReadModelAway."""
    if not b:
        return None
    try:
        before, after = await _named(desk, a or IN_FORCE), await _named(desk, b)
    except KeyError as error:
        if b.startswith(PASTED) or a.startswith(PASTED):
            raise _Forgotten from error
        raise HTTPException(404) from error
    return _Pair(a=a or IN_FORCE, b=b, before=before, after=after)


async def _named(desk: Desk, name: str) -> Rules:
    if name.startswith(PASTED):
        return await desk.pasted.of(name.removeprefix(PASTED))
    return desk.sight.known.named(name)


ROUTES: Final = [Route("/rules/compare", compare), Route("/rules/compare.csv", table)]
