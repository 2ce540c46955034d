"""After publishing: who changed side by new rules alone, for 14 days, with who looked at whom (ask A14).

A tick says that somebody looked. Approving one who came above makes an MQL of it, in one's own name: nothing else does
before something new happens.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from schemas.touches import Disposition
from streams.console.access.gate import shows
from streams.console.access.security import form_of, session_of
from streams.console.desk import Desk, desk_of
from streams.console.failures import not_sent
from streams.console.flow.laid import shown
from streams.console.pages.rules import Story, story_of
from streams.console.pages.rules_compare import CSV_HEAD, row_of
from streams.console.rules.at_hand import unreadable_rules
from streams.console.rules.readings import Answer
from streams.console.shown import iso
from streams.console.spreadsheet import csv_file
from streams.console.tongue import N_, Text, said_of
from streams.core.backtest.comparison import Comparison
from streams.core.backtest.two_rules import LeadByTwo
from streams.core.rules import RulesError
from streams.inbox import DoorClosed
from streams.rules_book import Reviewed

__all__ = ["ROUTES", "listed"]

APPROVES: Final = "reviewed"  # the kind of disposition
ON_A_PAGE: Final = 100


class _Look(Struct, frozen=True, kw_only=True):
    """What is known. `why`: in words, why nothing can be listed."""

    story: Story
    answer: Answer[Comparison]
    ticks: Mapping[str, Reviewed]
    why: Text = ""


async def review(request: Request) -> Response:
    """`GET /rules/review`."""
    desk = desk_of(request)
    try:
        look = await _look(desk, again=request.query_params.get("again") == "1")
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    leads = listed(look.answer.found, desk)
    shows(request, [one.lead_id for one in leads[:ON_A_PAGE]])
    values: dict[str, Any] = {
        "story": look.story, "answer": look.answer, "ticks": look.ticks, "why": look.why, "leads": leads,
        "most": ON_A_PAGE, "left": sum(one.lead_id not in look.ticks for one in leads), "can": _can(desk),
    }  # fmt: skip
    status = 503 if look.answer.why and look.answer.found is None else 200
    return await shown(desk, request, "rules_review.html", status=status, **values)


async def table(request: Request) -> Response:
    """`GET /rules/review.csv`."""
    desk = desk_of(request)
    try:
        look = await _look(desk, again=False)
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)
    if look.answer.found is None:
        return RedirectResponse("/rules/review", 303)  # which says why, or how far the reading is
    leads = listed(look.answer.found, desk)
    shows(request, [one.lead_id for one in leads])
    head = (*CSV_HEAD, "reviewed_by", "reviewed_at", "approved")
    rows = ([*row_of(one), *_tick(look.ticks.get(one.lead_id))] for one in leads)
    return csv_file(f"review-{look.answer.found.after}", head, rows)


async def tick(request: Request) -> Response:
    """`POST /rules/review/{lead_id}`; with `approve=yes` the lead becomes an MQL."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead_id, by, at = request.path_params["lead_id"], session_of(request).name, desk.now()
    if await desk.reader.lead(lead_id) is None:
        raise HTTPException(404)
    approves = fields.get("approve") == "yes"
    try:
        version = desk.sight.known.in_force().version
        if fields.get("version") != version:
            text = N_("The rules have changed since. Look again.")
            return await desk.notice(request, 409, title=N_("Other rules"), text=text)
        if approves:
            await desk.door.send(_approval(lead_id, version, by=by, at=at))
        desk.sight.known.book.write(Reviewed(at=at, by=by, version=version, lead_id=lead_id, approved=approves))
    except DoorClosed:
        return await not_sent(request)
    except (RulesError, OSError) as error:
        return await desk.notice(request, 503, title=N_("Not written"), text=said_of(error))
    return RedirectResponse("/rules/review", 303)


def listed(found: Comparison | None, desk: Desk) -> Sequence[LeadByTwo]:
    """Those of whom a person should know: where the score could still qualify them, or no longer does.

    Who is an MQL or further already stays there whatever the score says.
    """
    if found is None:
        return ()
    leaves = desk.sight.known.in_force().stages.qualified.leaves
    return [one for one in found.sides if one.stage in leaves]


async def _look(desk: Desk, *, again: bool) -> _Look:
    """Raises RulesError, OSError."""
    known, story = desk.sight.known, story_of(desk)
    nothing: Answer[Comparison] = Answer()
    if story.before is None or story.reviewed_until is None:
        return _Look(story=story, answer=nothing, ticks={})
    try:
        before = known.of(story.before.version)
    except (KeyError, RulesError) as error:
        return _Look(story=story, answer=nothing, ticks={}, why=said_of(error))
    answer = await desk.sight.readings.comparison(before, known.in_force(), again=again)
    return _Look(story=story, answer=answer, ticks=known.book.reviewed(story.here.version))


def _can(desk: Desk) -> bool:
    """Whether these rules know the milestone that approves."""
    return any(one.kind == APPROVES and one.by_hand for one in desk.sight.known.in_force().stages.milestone)


def _approval(lead_id: str, version: str, *, by: str, at: int) -> Disposition:
    """One for each lead and version: a second click changes nothing."""
    milestone_id = blake2b(f"{lead_id}|{APPROVES}|{version}".encode(), digest_size=8).hexdigest()
    return Disposition(to=lead_id, milestone_id=milestone_id, kind=APPROVES, reason="", at=at, actor=by)


def _tick(one: Reviewed | None) -> list[str | float | None]:
    return [None, None, None] if one is None else [one.by, iso(one.at), "yes" if one.approved else "no"]


ROUTES: Final = [
    Route("/rules/review", review),
    Route("/rules/review.csv", table),
    Route("/rules/review/{lead_id}", tick, methods=["POST"]),
]
