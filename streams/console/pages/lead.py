"""One lead, whole: score and why, its curve, what happened, who it is, may we mail, and what can be said. And all."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.access.gate import shows
from streams.console.desk import desk_of
from streams.console.leads.laid import known_lead, laid_out
from streams.console.paging import LIST, turned

__all__ = ["ROUTES"]


async def lead_page(request: Request) -> Response:
    """`GET /leads/{lead_id}?kind=pages&device=Device+1`: the query narrows the timeline."""
    desk = desk_of(request)
    return await laid_out(desk, request, await known_lead(desk, request))


async def leads(request: Request) -> Response:
    """`GET /leads?page=2`: by score."""
    desk = desk_of(request)
    at = turned(request.query_params.get("page", ""), total=await desk.reader.size("leads:by_score"))
    found = await desk.reader.leads(limit=LIST, start=at.start)
    shows(request, (one.lead_id for one in found))
    return await desk.show(request, "leads.html", leads=found, at=at)


ROUTES: Final = [Route("/leads", leads), Route("/leads/{lead_id}", lead_page)]
