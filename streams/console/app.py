"""The console: pages for sales and operators, live by server-sent events. `serve` runs it on granian."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from msgspec import Struct
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from running.descriptors import connections_within_limits
from running.ending import when_asked_to_stop
from running.listening import own_port, own_url
from running.wall_clock import utc_ms
from streams import logs
from streams.console.access.audit import Audit
from streams.console.access.auth import Auth, one_time_link
from streams.console.access.gate import gated
from streams.console.access.openid import OpenId
from streams.console.access.security import Guard, Headers
from streams.console.access.sessions import Sessions
from streams.console.access.throttle import Throttle, Tries
from streams.console.access.users import Users
from streams.console.access.ways_in import openid_of, sessions_of, users_of
from streams.console.api.app import api
from streams.console.desk import Desk, desk_of
from streams.console.failures import FAILURES
from streams.console.live.arrivals import Arrivals
from streams.console.live.changes import Hub, live
from streams.console.pages import (
    account,
    actions,
    audiences,
    channels,
    debugger,
    first_password,
    flow,
    flow_costs,
    flow_report,
    inbox,
    lead,
    lead_acts,
    lead_merge,
    login,
    me,
    openid,
    ops,
    person,
    rejected,
    replay,
    rules,
    rules_compare,
    rules_paste,
    rules_review,
    search,
    supply,
    users,
)
from streams.console.pages import slack as slack_page
from streams.console.render import Pages
from streams.console.rules.pasted import PastedRules
from streams.console.sight import Mappers, Sight, sight_of
from streams.console.slack.answers import SlackAnswers
from streams.errors import SettingsError
from streams.inbox import Door, KafkaDoor
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from streams.readmodel.reader import Reader
from streams.settings import Settings

__all__ = ["ConsoleOptions", "make_app", "one_time_link", "serve", "server_of"]

SHORTEST_SECRET: Final = 16
HEARD_S: Final = 1.0
SILENT_S: Final = 30.0
CANNOT_START: Final = 78  # EX_CONFIG
PAGES: Final = (
    inbox, actions, lead, lead_acts, lead_merge, person, account, audiences, search, flow, flow_costs, flow_report,
    supply, rules, rules_compare, rules_paste, rules_review, rejected, replay, debugger, channels, users, openid, login,
    first_password, me, ops, slack_page,
)  # fmt: skip
log = structlog.get_logger()


class ConsoleOptions(Struct, frozen=True, kw_only=True):
    """`secret` signs cookies and links; `public_url` is where browsers reach it.

    `users` None: `password`, which all share, or by link only. `openid`: a provider. `audit`: where looks are written,
    None = nowhere. `api_keys` None = no key opens the API. `sessions` None: what ended is forgotten at the end.
    """

    secret: str
    password: str | None = None
    public_url: str = ""
    users: Users | None = None
    openid: OpenId | None = None
    audit: Path | None = None
    api_keys: Path | None = None
    sessions: Sessions | None = None


class _Static(StaticFiles):
    """Their addresses carry a hash of the content, so they may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def make_app(reader: Reader, door: Door, options: ConsoleOptions, *, sight: Sight,
             slack: SlackAnswers | None = None) -> Starlette:  # fmt: skip
    """The console as an ASGI application. It closes the reader when it ends, not the door."""
    auth = Auth(options.secret, password=options.password, secure=options.public_url.startswith("https://"),
                users=options.users, openid=options.openid, sessions=options.sessions)  # fmt: skip
    desk = Desk(
        reader=reader, door=door, auth=auth, hub=Hub(reader), pages=Pages(auth), tries=Tries(),
        audit=Audit(options.audit), sight=sight, pasted=PastedRules(reader, sight.known.made_of),
        arrivals=Arrivals(sight.tail, sight.remaker.judge), now=utc_ms,
        trials=Throttle(channels.MOST_TRIALS), slack=slack, public_url=options.public_url,
    )  # fmt: skip
    app = Starlette(
        routes=[
            *gated(route for page in PAGES for route in page.ROUTES),
            Mount("/api/v1", api(desk, options.api_keys)),
            *gated([Route("/live", _live), Route("/favicon.ico", _favicon)]),
            Mount("/static", _Static(directory=str(files("streams.console").joinpath("static")))),
        ],
        middleware=[Middleware(Headers), Middleware(Guard, auth=auth)],
        exception_handlers=FAILURES,
        lifespan=_lifespan,
    )
    app.state.desk = desk
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    both = [asyncio.create_task(desk.hub.run(), name="console-live"),
            asyncio.create_task(desk.arrivals.run(), name="console-arrivals")]  # fmt: skip
    try:
        yield
    finally:
        desk.hub.close()
        desk.arrivals.close()
        for one in both:
            await _ended(one)
        desk.sight.close()
        if desk.slack is not None:
            await desk.slack.close()
        desk.audit.close()
        if desk.auth.openid is not None:
            await desk.auth.openid.provider.close()
        await desk.reader.close()


async def _ended(task: "asyncio.Task[None]") -> None:
    """Told until it has heard: before Python 3.12 `asyncio.wait_for` loses a cancellation that comes with an answer."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=HEARD_S)


async def _live(request: Request) -> Response:
    return live(desk_of(request).hub, request)


async def _favicon(_: Request) -> Response:
    return RedirectResponse("/static/favicon.svg", 301)


def serve(settings: Settings, *, mappers: Mappers | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit code, with one clear message where a setting cannot work.

    Threads may run then: whoever called leaves at once (`running/ending.py`). `mappers` None: what CRMs and mail
    providers said is shown and not replayed here.
    """
    logs.configure(settings.log.level)
    try:
        asyncio.run(_serve(settings, mappers))
    except SettingsError as error:
        print(f"leadstream: {error}", file=sys.stderr)  # noqa: T201
        return CANNOT_START
    return 0


async def _serve(settings: Settings, mappers: Mappers | None) -> None:
    ours, kafka = settings.console, settings.kafka
    secret = ours.link_secret.get_secret_value() if ours.link_secret else token_urlsafe(32)
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"LEADSTREAM_CONSOLE__LINK_SECRET: must have at least {SHORTEST_SECRET} characters")
    password = ours.password.get_secret_value() if ours.password else None
    port = own_port(ours.host, ours.port, setting="LEADSTREAM_CONSOLE__HOST and __PORT", refused=SettingsError)
    url = ours.public_url or own_url(ours.host, port)
    users, openid, sessions = users_of(ours), openid_of(ours, secret=secret), sessions_of(ours)
    if ours.link_secret is None and not (password or users or openid):  # nobody else could make a link
        print(f"Sign in once with {one_time_link(secret, url)}", file=sys.stderr, flush=True)  # noqa: T201
    door = KafkaDoor(kafka, partitions=kafka.partitions, topic_prefix=kafka.topic_prefix,
                     epoch=kafka.epoch)  # fmt: skip
    reader = Reader.connect(settings.redis.url.get_secret_value(), prefix=settings.redis.key_prefix)
    options = ConsoleOptions(secret=secret, password=password, public_url=url, users=users, openid=openid,
                             audit=ours.audit, api_keys=ours.api_keys, sessions=sessions)  # fmt: skip
    app = make_app(reader, door, options, sight=sight_of(settings, mappers=mappers), slack=_slack(settings))
    server = server_of(app, ours.host, port)

    def stop() -> None:
        app.state.desk.hub.close()  # open event streams would keep the server waiting
        app.state.desk.arrivals.close()
        server.stop()  # type: ignore[no-untyped-call]  # granian: untyped

    when_asked_to_stop(stop)
    gc.collect()
    gc.freeze()  # what was loaded by now stays: looking through it again would hold up a page for 70 ms now and then
    log.info("console_serving", url=url, port=port)
    try:
        await server.serve()
    finally:
        door.close()


def server_of(app: ASGIApp, host: str, port: int, *, silent_s: float = SILENT_S) -> Server:
    """Who says nothing for `silent_s` is cut off: each takes one of the places, and so do pages that listen."""
    return Server(
        app, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False,
        http=HTTPModes.http1,  # where it may be HTTP/2 granian waits for ever for the first byte that says so
        http1_settings=HTTP1Settings(header_read_timeout=int(silent_s * 1_000)), backlog=ops.CONNECTIONS,
        backpressure=connections_within_limits(ops.CONNECTIONS, warn=log.warning),
    )  # fmt: skip


def _slack(settings: Settings) -> SlackAnswers | None:
    secret = settings.slack.signing_secret
    if secret is None:
        return None
    return SlackAnswers(secret.get_secret_value(), outgoing=Outgoing(Reach(settings.outgoing.private)),
                        members=settings.slack.by_member)  # fmt: skip
