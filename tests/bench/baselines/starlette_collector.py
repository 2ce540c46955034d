"""Baseline collector: uvicorn + Starlette + orjson, one kafka-python record per event, 200 after all acknowledgements.

Run: BENCH_BOOTSTRAP=host:port BENCH_TOPIC=name uvicorn tests.bench.baselines.starlette_collector:app
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

import orjson
from kafka import KafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["app"]

TOPIC = os.environ.get("BENCH_TOPIC", "baseline")
KEYS = {"wk_bench": "site"}
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
KINDS = frozenset({"track", "page", "screen", "identify", "group", "alias"})


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """One producer for the process, its metadata fetched before the first request."""
    producer = KafkaProducer(
        bootstrap_servers=os.environ["BENCH_BOOTSTRAP"],
        acks="all",
        linger_ms=5,
        batch_size=262_144,
        compression_type="lz4",
    )
    producer.partitions_for(TOPIC)
    app.state.producer = producer
    yield
    producer.close(5)


def acknowledged(app: Starlette, event: dict[str, Any]) -> asyncio.Future[None]:
    """Send one event; the future is done when the broker has it."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def settle(_: object) -> None:
        loop.call_soon_threadsafe(done.set_result, None)

    def fail(error: Exception) -> None:
        loop.call_soon_threadsafe(done.set_exception, error)

    sent = app.state.producer.send(TOPIC, orjson.dumps(event), key=event["anonymousId"].encode())
    sent.add_callback(settle)
    sent.add_errback(fail)
    return done


async def batch(request: Request) -> JSONResponse:
    """POST /v1/batch as SDKs send it."""
    body = orjson.loads(await request.body())
    if body.get("writeKey") not in KEYS:
        return JSONResponse({"error": "unknown key"}, status_code=401)
    good = [
        one for one in body["batch"] if one.get("messageId") and one.get("type") in KINDS and one.get("anonymousId")
    ]
    await asyncio.gather(*(acknowledged(request.app, one) for one in good))
    return JSONResponse({"success": True}, headers={"access-control-allow-origin": "*"})


async def pixel(request: Request) -> Response:
    """GET /pixel/v1/page with the event in its query."""
    said = request.query_params
    if said.get("writeKey") not in KEYS:
        return Response(status_code=401)
    page = {"url": said.get("context.page.url"), "title": said.get("context.page.title")}
    event = {
        "type": "page", "messageId": said.get("messageId"), "anonymousId": said["anonymousId"],
        "context": {"page": page},
    }  # fmt: skip
    await acknowledged(request.app, event)
    return Response(GIF, media_type="image/gif", headers={"cache-control": "no-store"})


app = Starlette(
    routes=[Route("/v1/batch", batch, methods=["POST"]), Route("/pixel/v1/page", pixel)], lifespan=lifespan
)
