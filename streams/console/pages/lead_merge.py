"""Who is whom: merge a lead into another, take that back, say that a browser is not theirs. Each with its preview.

A leader looks at what will happen first, says why, and orders; the workers do it, and every order can be taken back.
"""

from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import LeadCard
from schemas.delivery import VisitorOrder
from schemas.touches import MergeOrder
from streams.console.access.gate import shows
from streams.console.access.security import form_of, session_of
from streams.console.desk import Desk, desk_of
from streams.console.leads.acts import LONGEST_REASON, TOO_LONG
from streams.console.leads.laid import known_lead
from streams.console.leads.people import browsers_of, merging, objection_to_merge, unmerging, without_browser
from streams.console.pages.actions import sent_on
from streams.console.rules.at_hand import rules_or_503
from streams.console.tongue import N_
from streams.readmodel.search import search

__all__ = ["ROUTES"]

UNREADABLE: Final = 422
MOST_FOUND: Final = 10
LONGEST: Final = 200  # characters of a search, and of a browser's id
NO_REASON: Final = N_("Say why, in a few words: it is kept with the order.")


async def merge(request: Request) -> Response:
    """`GET /leads/{lead_id}/merge?q=ben@acme.example`, then `?into=<lead id>`: who it is to be, and what that does."""
    desk, lead = desk_of(request), await known_lead(desk_of(request), request)
    return await _merge_page(desk, request, lead, into_id=request.query_params.get("into", ""))


async def order_merge(request: Request) -> Response:
    """`POST /leads/{lead_id}/merge`: `into`, `reason`."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead, into_id = await known_lead(desk, request), fields.get("into", "")
    into, wrong = await desk.reader.lead(into_id), _why_wrong(fields)
    problem = objection_to_merge(lead, into)
    if problem or wrong:
        filled = fields.get("reason", "")
        return await _merge_page(desk, request, lead, into_id=into_id, wrong=problem or wrong, filled=filled)
    order = MergeOrder(to=lead.lead_id, into=into_id, at=desk.now(), actor=session_of(request).name,
                       reason=fields["reason"].strip())  # fmt: skip
    return await sent_on(request, order, then=f"/leads/{quote(into_id)}?sent=merged")


async def unmerge(request: Request) -> Response:
    """`GET /leads/{lead_id}/unmerge`: what taking them apart does."""
    desk, lead = desk_of(request), await known_lead(desk_of(request), request)
    return await _unmerge_page(desk, request, lead)


async def order_unmerge(request: Request) -> Response:
    """`POST /leads/{lead_id}/unmerge`: `reason`. Also takes back the word that a lead is nobody else."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead, rules = await known_lead(desk, request), await rules_or_503(desk)
    wrong = _why_wrong(fields)
    alone = lead.merge is not None and lead.merge.into == lead.lead_id
    if wrong or not (lead.merged_into or alone):
        return await _unmerge_page(desk, request, lead, wrong=wrong)
    named = "" if alone else unmerging(lead, None, rules, now=desk.now()).into
    order = MergeOrder(to=lead.lead_id, into=named, at=desk.now(), actor=session_of(request).name,
                       reason=fields["reason"].strip())  # fmt: skip
    return await sent_on(request, order, then=f"/leads/{quote(lead.lead_id)}?sent=unmerged")


async def browser(request: Request) -> Response:
    """`GET /leads/{lead_id}/browser?visitor=<id>`: what goes with it; or, for one that is not here, what comes back."""
    desk, lead = desk_of(request), await known_lead(desk_of(request), request)
    visitor = request.query_params.get("visitor", "")[:LONGEST]
    if not visitor:
        raise HTTPException(UNREADABLE)
    return await _browser_page(desk, request, lead, visitor=visitor)


async def order_browser(request: Request) -> Response:
    """`POST /leads/{lead_id}/browser`: `visitor`, `kind` = `deny` (not theirs) or `allow` (takes that back)."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead, visitor, kind = await known_lead(desk, request), fields.get("visitor", ""), fields.get("kind", "")
    if not 0 < len(visitor) <= LONGEST or kind not in ("deny", "allow"):
        raise HTTPException(UNREADABLE)
    order = VisitorOrder(to=visitor, kind="deny" if kind == "deny" else "allow", lead_id=lead.lead_id, at=desk.now(),
                         actor=session_of(request).name)  # fmt: skip
    return await sent_on(request, order, then=f"/leads/{quote(lead.lead_id)}?sent=browser")


async def _merge_page(
    desk: Desk, request: Request, lead: LeadCard, *, into_id: str, wrong: str = "", filled: str = ""
) -> Response:
    """Without `into_id` a search, else the preview."""
    into = await desk.reader.lead(into_id) if into_id else None
    problem = objection_to_merge(lead, into) if into_id else ""
    text = request.query_params.get("q", "").strip()[:LONGEST]
    found = [] if into_id or not text else (await search(desk.reader, text, limit=MOST_FOUND)).leads
    shows(request, (one.lead_id for one in (*found, *([into] if into else []))))
    foreseen = None if into is None or problem else merging(lead, into, await rules_or_503(desk), now=desk.now())
    return await desk.show(
        request, "lead_merge.html", status=UNREADABLE if wrong or problem else 200, lead=lead, into=into,
        problem=problem, wrong="" if problem else wrong, text=text, filled=filled, foreseen=foreseen,
        found=[one for one in found if one.lead_id != lead.lead_id],
    )  # fmt: skip


async def _unmerge_page(desk: Desk, request: Request, lead: LeadCard, *, wrong: str = "") -> Response:
    into = await desk.reader.lead(lead.merged_into) if lead.merged_into else None
    shows(request, (one.lead_id for one in ([into] if into else [])))
    foreseen = unmerging(lead, into, await rules_or_503(desk), now=desk.now()) if lead.merged_into else None
    alone = lead.merge is not None and lead.merge.into == lead.lead_id
    return await desk.show(
        request, "lead_unmerge.html", status=UNREADABLE if wrong or not (foreseen or alone) else 200, lead=lead,
        into=into, foreseen=foreseen, alone=alone, wrong=wrong,
    )  # fmt: skip


async def _browser_page(desk: Desk, request: Request, lead: LeadCard, *, visitor: str) -> Response:
    here = next((one for one in browsers_of(lead) if one.via == visitor), None)
    foreseen = without_browser(lead, visitor, await rules_or_503(desk), now=desk.now()) if here else None
    return await desk.show(
        request, "lead_browser.html", lead=lead, visitor=visitor, browser=here, foreseen=foreseen
    )  # fmt: skip


def _why_wrong(fields: dict[str, str]) -> str:
    why = fields.get("reason", "").strip()
    return NO_REASON if not why else TOO_LONG if len(why) > LONGEST_REASON else ""


ROUTES: Final = [
    Route("/leads/{lead_id}/merge", merge),
    Route("/leads/{lead_id}/merge", order_merge, methods=["POST"]),
    Route("/leads/{lead_id}/unmerge", unmerge),
    Route("/leads/{lead_id}/unmerge", order_unmerge, methods=["POST"]),
    Route("/leads/{lead_id}/browser", browser),
    Route("/leads/{lead_id}/browser", order_browser, methods=["POST"]),
]
