"""What operators ask: does the process live, can it do its work, what has it counted."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streams.console.desk import desk_of
from streams.metrics import ConsoleGauged, console_exposed
from streams.readmodel.errors import ReadModelAway

__all__ = ["ROUTES"]


async def healthz(_: Request) -> Response:
    """The process lives."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """503 where Redis does not answer: the console has nothing to show."""
    try:
        await desk_of(request).reader.ready()
    except ReadModelAway:
        return PlainTextResponse("redis: away\n", 503)
    return PlainTextResponse("ok\n")


async def metrics(request: Request) -> Response:
    """The Prometheus text format, made when it is asked for."""
    desk = desk_of(request)
    values: dict[ConsoleGauged, float] = {"console_open_pages": desk.hub.open_pages}
    try:
        frame = await desk.frame()
        values["console_readmodel_up"] = 1
        values["console_readmodel_filling_records"] = frame.filling.total - frame.filling.done
        values["console_readmodel_age_seconds"] = (frame.beat_age_ms or 0) / 1_000
    except ReadModelAway:
        values["console_readmodel_up"] = 0
    return Response(console_exposed(values), media_type=CONTENT_TYPE_LATEST)


ROUTES: Final = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
