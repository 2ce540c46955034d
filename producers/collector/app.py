"""Everything but events, in Starlette: the tracker's file, SDK settings, deals, mails, and what operators ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from producers.collector.crm.deals import DealRoute
from producers.collector.crm.webhooks import crm_routes
from producers.collector.door.cors import Cors
from producers.collector.door.keys import KeyRing
from producers.collector.door.limits import Limits
from producers.collector.door.wrong_proofs import WrongProofs
from producers.collector.intake import Intake
from producers.collector.mail.links import MailLinks
from producers.collector.mail.webhooks import mail_routes
from producers.collector.protocols.sdk_settings import SdkSettings
from producers.collector.tracker_file import ANALYTICS, TRACKER, Script
from producers.collector.wellknown import gpc_support
from producers.metrics import REGISTRY
from producers.settings import Settings

__all__ = ["rest"]


def rest(settings: Settings, intake: Intake, *, keys: KeyRing, cors: Cors, limits: Limits) -> Starlette:
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

    sdk = SdkSettings(settings.collector, keys, cors)
    wrong = WrongProofs(settings.limits, limits, hops=settings.collector.proxy_hops)
    deals = DealRoute(intake, keys, settings.crm, wrong=wrong)
    made = Starlette(
        routes=[
            Route("/leadstream.js", Script(TRACKER).answer),
            Route("/analytics.js/v1/{key}/analytics.min.js", Script(ANALYTICS, known=keys.is_public).answer),
            *sdk.routes(),
            Route("/v1/crm/generic", deals.answer, methods=["POST"]),
            Route("/v1/crm/generic/companies", deals.companies, methods=["POST"]),
            *crm_routes(settings, intake, wrong),
            *MailLinks(settings, intake).routes(),
            *mail_routes(settings, intake, limits),
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
    made.router.redirect_slashes = False  # a redirect would repeat a `Host` that nobody vouches for
    return made


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
