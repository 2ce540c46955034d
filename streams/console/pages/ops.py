"""What operators ask: does the process live, can it do its work, what has it counted."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streams.console.desk import desk_of
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
    registry = CollectorRegistry()
    Gauge("leadstream_console_open_pages", "pages that listen for changes", registry=registry).set(desk.hub.open_pages)
    up = Gauge("leadstream_console_readmodel_up", "1 when Redis answers", registry=registry)
    age = Gauge("leadstream_console_readmodel_age_seconds", "since the projector was last alive", registry=registry)
    left = Gauge("leadstream_console_readmodel_filling_records", "still to be read again into Redis", registry=registry)
    try:
        frame = await desk.frame()
        up.set(1)
        left.set(frame.filling.total - frame.filling.done)
        age.set((frame.beat_age_ms or 0) / 1_000)
    except ReadModelAway:
        up.set(0)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


ROUTES: Final = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
