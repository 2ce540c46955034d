"""Everything but events, in Starlette: the tracker's file, SDK settings, deals, and what operators ask for."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from producers.collector.cors import Cors
from producers.collector.deals import DealRoute
from producers.collector.intake import Intake
from producers.collector.keys import KeyRing
from producers.collector.webhooks import crm_routes
from producers.collector.wellknown import gpc_support
from producers.errors import Refused
from producers.metrics import REGISTRY
from producers.settings import Settings

__all__ = ["rest"]

TRACKER: Final = Path(__file__).with_name("static") / "leadstream.js"


def rest(settings: Settings, intake: Intake, *, keys: KeyRing, cors: Cors) -> Starlette:
    """The application behind the event routes; its lifespan starts and stops the intake. Raises BadSettings."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await intake.start()
        yield
        await intake.stop()

    async def ready(_: Request) -> Response:
        why, spooling = intake.not_ready(), intake.sink.detour()
        told = {"ready": not why, "failing": {"kafka": why} if why else {}}
        return JSONResponse(told | ({"spooling": spooling} if spooling else {}), 503 if why else 200)

    sdk = _SdkSettings(settings, keys, cors)
    tracker = _Tracker(TRACKER)
    deals = DealRoute(intake, keys, settings.crm)
    return Starlette(
        routes=[
            Route("/leadstream.js", tracker.answer),
            Route("/v1/projects/{key}/settings", sdk.answer),
            Route("/projects/{key}/settings", sdk.answer),
            Route("/v1/crm/generic", deals.answer, methods=["POST"]),
            Route("/v1/crm/generic/companies", deals.companies, methods=["POST"]),
            *crm_routes(settings, intake),
            Route("/healthz", _alive),
            Route("/health", _alive),
            Route("/readyz", ready),
            Route("/sink-health", ready),
            Route("/metrics", _metrics),
            Route("/version", _version),
            Route("/robots.txt", _robots),
            Route("/.well-known/gpc.json", gpc_support),
        ],
        lifespan=lifespan,
    )


class _SdkSettings:
    """What Segment's browser SDK asks first: without our host in the reply it would send the data elsewhere."""

    def __init__(self, settings: Settings, keys: KeyRing, cors: Cors) -> None:
        here = settings.collector
        self._url = urlsplit(here.public_url or f"http://{here.host}:{here.port}")
        self._keys = keys
        self._cors = cors

    async def answer(self, request: Request) -> Response:
        """404 for an unknown key: then the SDK sends nothing at all."""
        key = request.path_params["key"]
        try:
            cors = self._cors.reply(request.headers.get("origin", "").encode("latin-1") or None)
        except Refused as error:
            return JSONResponse({"success": False, "reason": error.reason}, 403)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in cors}
        if not self._keys.is_public(key):
            return JSONResponse({"success": False, "reason": "key"}, 404, headers=headers)
        host = f"{self._url.netloc}{self._url.path.rstrip('/')}/v1"
        segment = {"apiKey": key, "apiHost": host, "protocol": self._url.scheme}
        body = {"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}}
        return JSONResponse(body, headers=headers | {"cache-control": "public, max-age=300"})


class _Tracker:
    """The built tracker: public, the same for everybody, so any page may load it (with an integrity hash too)."""

    def __init__(self, path: Path) -> None:
        self._body = path.read_bytes() if path.is_file() else None
        self._headers = {
            "etag": f'"{hashlib.blake2b(self._body or b"", digest_size=12).hexdigest()}"',
            "cache-control": "public, max-age=3600",
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }

    async def answer(self, request: Request) -> Response:
        """304 where the browser has it already."""
        if self._body is None:
            return PlainTextResponse("the tracker is not built", 404)
        if self._headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type="text/javascript; charset=utf-8", headers=self._headers)


async def _alive(_: Request) -> Response:
    return JSONResponse({"alive": True})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _version(_: Request) -> Response:
    try:
        found = version("leadstream")
    except PackageNotFoundError:
        found = "unknown"
    return JSONResponse({"name": "leadstream", "version": found})


async def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
