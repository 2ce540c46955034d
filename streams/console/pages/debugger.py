"""Live events: what arrives right now, with verdicts, by server-sent events (`static/debugger.js` shows them)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from streams.console.desk import desk_of
from streams.console.live.arrived import Watched
from streams.console.tongue import language_of, tongue_of

__all__ = ["ROUTES", "TYPES"]

TYPES: Final = ("track", "page", "screen", "identify", "group", "alias")
LONGEST: Final = 200


async def debugger(request: Request) -> Response:
    """`GET /debugger?source=site&type=track&text=pricing`."""
    desk = desk_of(request)
    return await desk.show(
        request, "debugger.html", watched=_watched(request), types=TYPES, sources=sorted(desk.arrivals.sources),
        collector_url=desk.sight.collector_shown, is_known=bool(desk.sight.collector_url),
    )  # fmt: skip


async def live(request: Request) -> Response:
    """`GET /debugger/live`, the same query: the event stream."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = desk_of(request).arrivals.stream(_watched(request), tongue_of(language_of(request)))
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _watched(request: Request) -> Watched:
    said = {name: request.query_params.get(name, "").strip()[:LONGEST] for name in ("source", "type", "text")}
    return Watched(**said)


ROUTES: Final = [Route("/debugger", debugger), Route("/debugger/live", live)]
