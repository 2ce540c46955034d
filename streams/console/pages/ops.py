"""What operators ask: does the process live, can it do its work, what has it counted."""

import asyncio
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from schemas.lookups import lookups
from streams.console.access.throttle import ADDRESSES
from streams.console.desk import Desk, desk_of
from streams.metrics import Bound, Bounded, ConsoleGauged, console_exposed
from streams.readmodel.errors import ReadModelAway

__all__ = ["CONNECTIONS", "ROUTES"]

CONNECTIONS: Final = 1_024  # at once; the next ones wait until one ends
ASK_S: Final = 0.5  # a page waits longer for Redis; a probe of Kubernetes has given up after a second


async def healthz(_: Request) -> Response:
    """The process lives."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """503 where Redis does not answer soon: the console has nothing to show."""
    desk = desk_of(request)
    try:
        async with asyncio.timeout(ASK_S):
            await desk.reader.ready()
    except (ReadModelAway, TimeoutError):
        return PlainTextResponse(f"redis: away, {_last_heard(desk)}\n", 503)
    return PlainTextResponse("ok\n")


def _last_heard(desk: Desk) -> str:
    at = desk.reader.answered_at
    return "has not answered yet" if at is None else f"last answered {max(0, desk.now() - at) // 1_000} s ago"


async def metrics(request: Request) -> Response:
    """The Prometheus text format, made when it is asked for."""
    desk = desk_of(request)
    values: dict[ConsoleGauged, float] = {
        "console_open_pages": desk.hub.open_pages, "console_booked_leads": desk.sight.moves.leads,
    }  # fmt: skip
    try:
        frame = await desk.frame()
        values["console_readmodel_up"] = 1
        values["console_readmodel_filling_records"] = frame.filling.total - frame.filling.done
        values["console_readmodel_age_seconds"] = (frame.beat_age_ms or 0) / 1_000
    except ReadModelAway:
        values["console_readmodel_up"] = 0
    return Response(console_exposed(values, _bounds(desk)), media_type=CONTENT_TYPE_LATEST)


def _bounds(desk: Desk) -> list[Bound]:
    pages = desk.hub.open_pages + desk.arrivals.open_pages
    holders: tuple[Bounded, ...] = (
        desk.hub, desk.arrivals, desk.audit, desk.tries, desk.auth.sessions, desk.sight.moves, desk.sight.readings,
    )  # fmt: skip
    return [
        Bound("connections_of_open_pages", pages, CONNECTIONS), Bound("channel_trials", len(desk.trials), ADDRESSES),
        *(one for holder in holders for one in holder.bounds()),
        *(Bound(f"remembered_{what}", *full) for what, full in lookups().items()),
    ]  # fmt: skip


ROUTES: Final = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
