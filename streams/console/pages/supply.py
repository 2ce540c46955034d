"""Supply control: what sales can take, what comes, which threshold that would be, and a leader's yes or no (ask A34).

A yes is written into the book of rules and changes no score: `leadstream rules publish` puts it into the files.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.roles import may
from streams.console.access.security import form_of, session_of
from streams.console.desk import Desk, desk_of
from streams.console.flow.laid import shown
from streams.console.rules.at_hand import unreadable_rules
from streams.console.rules.readings import Answer
from streams.core.flow.crossings import Crossings
from streams.core.flow.precision import LEAST as LEAST_SEEN
from streams.core.flow.supply import MOST_A_WEEK, Proposal, arithmetic, figure, propose, weekly
from streams.core.flow.supply import Desk as SalesDesk
from streams.core.rules import Rules, RulesError
from streams.core.said import Said, in_english
from streams.rules_book import Approved, Declined

__all__ = ["ROUTES", "Step", "Supply", "desk_asked"]

LEAST, MOST = 1.0, 150.0  # fit and engagement give 150 at most
USUAL_ATTEMPTS: Final = 4.0
MOST_SDRS, MOST_ATTEMPTS = 1_000, 100.0
NUMBER: Final = re.compile(r"\d{1,4}(\.\d{1,2})?")


class Step(Struct, frozen=True, kw_only=True):
    """One threshold: how many leads a week cross it, in words, and how many stand above it now and are no MQL yet."""

    theta: float
    a_week: str
    above: int


class Supply(Struct, frozen=True, kw_only=True):
    """What the page shows once the rows were read. `above`, `then`: leads above the threshold of now, and of then.

    `seen`: crossings and fast passes that the proposal rests on; `is_thin`: they are too few to mean much.
    """

    proposal: Proposal
    crossings: Crossings
    steps: tuple[Step, ...]
    above: int
    then: int
    seen: int

    @property
    def is_thin(self) -> bool:
        """Below 20, as with outcomes."""
        return self.seen < LEAST_SEEN


async def supply(request: Request) -> Response:
    """`GET /supply?sdrs=3&attempts=4`; `again=1` reads the rows anew."""
    return await _page(request, request.query_params)


async def approve(request: Request) -> Response:
    """`POST /supply/approve/{threshold}`."""
    return await _decided(request, approves=True)


async def decline(request: Request) -> Response:
    """`POST /supply/decline/{threshold}`."""
    return await _decided(request, approves=False)


def desk_asked(query: Mapping[str, str], rules: Rules) -> SalesDesk:
    """Who calls, as the address says; else as many as routing.toml has reps, and four attempts each."""
    sdrs, attempts = _number(query.get("sdrs")), _number(query.get("attempts"))
    reps = max(1, len(rules.routing.rules.rep))
    return SalesDesk(
        sdrs=reps if sdrs is None else min(max(1, int(sdrs)), MOST_SDRS),
        attempts=USUAL_ATTEMPTS if not attempts else min(attempts, MOST_ATTEMPTS),
    )


async def _page(
    request: Request, query: Mapping[str, str], *, problem: Said | None = None, status: int = 200
) -> Response:
    desk = desk_of(request)
    try:
        rules = desk.sight.known.in_force()
        book = desk.sight.known.book
        pending, decisions = book.pending(rules.version), book.decisions()
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    sales = desk_asked(query, rules)
    answer = await desk.sight.readings.crossings(rules, again=query.get("again") == "1")
    found = None if answer.found is None else _proposed(answer.found, sales, rules)
    values: dict[str, Any] = {
        "answer": answer, "found": found, "sales": sales, "rules": rules, "pending": pending, "decisions": decisions,
        "lines": [] if found is None else arithmetic(found.proposal), "is_kept": book.is_kept,
        "current": rules.stages.qualified.total, "most_a_week": MOST_A_WEEK, "problem": problem,
        "leads": may(session_of(request).role, "leader"),
    }  # fmt: skip
    return await shown(desk, request, "supply.html", status=_status(answer, status), **values)


def _status(answer: Answer[Crossings], status: int) -> int:
    return 503 if answer.found is None and answer.why and status == 200 else status


def _proposed(crossings: Crossings, sales: SalesDesk, rules: Rules) -> Supply:
    current = rules.stages.qualified.total
    a_week = weekly(crossings.counted, days=crossings.days)
    passes = crossings.fast_passes * 7 / crossings.days
    proposal = propose(a_week, fast_passes=passes, current=current, desk=sales)
    steps = tuple(Step(theta=theta, a_week=figure(a_week[theta]), above=above)
                  for theta, above in crossings.above.items())  # fmt: skip
    return Supply(
        proposal=proposal, crossings=crossings, steps=steps, above=crossings.above[current],
        then=crossings.above.get(proposal.theta, 0), seen=crossings.counted[current] + crossings.fast_passes,
    )  # fmt: skip


async def _decided(request: Request, *, approves: bool) -> Response:
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    try:
        rules = desk.sight.known.in_force()
    except RulesError as error:
        return await unreadable_rules(desk, request, error)
    threshold, current = _number(request.path_params["threshold"]), rules.stages.qualified.total
    problem = _objection(threshold, fields, rules)
    if problem or threshold is None:
        return await _page(request, fields, problem=problem, status=409)
    by, base = session_of(request).name, rules.version
    line: Approved | Declined = Declined(at=desk.now(), by=by, base=base, threshold=threshold)
    if approves:
        said = await _arithmetic(desk, fields, rules)
        line = Approved(at=desk.now(), by=by, base=base, was=current, threshold=threshold,
                        arithmetic=tuple(one.words for one in said),
                        said=tuple((one.text, _written(one)) for one in said))  # fmt: skip
    try:
        desk.sight.known.book.write(line)
    except OSError as error:
        return await _page(request, fields, problem=Said("Not written: %(error)s", {"error": str(error)}), status=503)
    return RedirectResponse("/supply", 303)


def _objection(threshold: float | None, fields: Mapping[str, str], rules: Rules) -> Said | None:
    current = rules.stages.qualified.total
    if fields.get("base") != rules.version:
        return Said("The rules have changed since this page was made. Look at the figures again.")
    if threshold is None or not LEAST <= threshold <= MOST:
        return Said("A threshold is a number of points from %(least)s to %(most)s.",
                    {"least": f"{LEAST:g}", "most": f"{MOST:g}"})  # fmt: skip
    if abs(threshold - current) > MOST_A_WEEK:
        return Said("At most %(most)s points a week: from %(was)s that is too far.",
                    {"most": f"{MOST_A_WEEK:g}", "was": f"{current:g}"})  # fmt: skip
    return None


async def _arithmetic(desk: Desk, fields: Mapping[str, str], rules: Rules) -> tuple[Said, ...]:
    """What was seen when it was decided, where it is still known."""
    answer = await desk.sight.readings.crossings(rules)
    if answer.found is None:
        return ()
    return arithmetic(_proposed(answer.found, desk_asked(fields, rules), rules).proposal)


def _written(said: Said) -> dict[str, str]:
    return {name: in_english(value) for name, value in said.values.items()}


def _number(text: str | None) -> float | None:
    return float(text) if text and NUMBER.fullmatch(text) else None


ROUTES: Final = [
    Route("/supply", supply),
    Route("/supply/approve/{threshold}", approve, methods=["POST"]),
    Route("/supply/decline/{threshold}", decline, methods=["POST"]),
]
