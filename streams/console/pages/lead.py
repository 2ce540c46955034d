"""One lead: score, stage, and why, line by line."""

from typing import Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import LeadCard
from streams.console.desk import desk_of
from streams.console.gate import shows
from streams.console.pages.actions import DEAD_ENDS
from streams.console.pages.timeline import devices, timeline

__all__ = ["ROUTES", "Distance", "distance"]

SCALE: Final = 100


class Distance(Struct, frozen=True):
    """How far the score is from the threshold, for the gauge: percent of its width."""

    score_percent: int
    threshold_percent: int
    above: bool
    gap_tenths: int


def distance(lead: LeadCard) -> Distance:
    """The gauge reaches from 0 to 1.5 x threshold, or to the score where that is more."""
    end = max(lead.threshold_tenths * 3 // 2, lead.score_tenths, 1)
    return Distance(
        score_percent=max(0, lead.score_tenths) * SCALE // end,
        threshold_percent=max(0, lead.threshold_tenths) * SCALE // end,
        above=lead.score_tenths >= lead.threshold_tenths,
        gap_tenths=abs(lead.score_tenths - lead.threshold_tenths),
    )


async def lead_page(request: Request) -> Response:
    """`GET /leads/{lead_id}`."""
    desk = desk_of(request)
    lead = await desk.reader.lead(request.path_params["lead_id"])
    if lead is None:
        raise HTTPException(404)
    return await desk.show(
        request, "lead.html", lead=lead, distance=distance(lead), days=timeline(lead), devices=devices(lead),
        sum_tenths=sum(line.tenths for line in lead.lines), dead_ends=DEAD_ENDS,
    )  # fmt: skip


async def leads(request: Request) -> Response:
    """`GET /leads`: by score."""
    desk = desk_of(request)
    found = await desk.reader.leads()
    shows(request, (one.lead_id for one in found))
    return await desk.show(request, "leads.html", leads=found)


ROUTES: Final = [Route("/leads", leads), Route("/leads/{lead_id}", lead_page)]
