"""The collector as one plain ASGI application: events on a bare path, everything else in Starlette.

`create` reads the environment: `granian --interface asgi --factory producers.collector.server:create`, likewise
`uvicorn --factory`. Nothing here belongs to one server.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from producers.collector.app import rest
from producers.collector.door.body import Message, Receive, Scope, Send
from producers.collector.door.cors import Cors, HeaderList
from producers.collector.door.door import Door, of_person
from producers.collector.door.head import ending
from producers.collector.door.keys import Headers, KeyRing
from producers.collector.intake import Intake
from producers.collector.privacy.edge import Privacy
from producers.collector.privacy.visitor_cookie import with_visitor
from producers.collector.protocols.paths import Protocols
from producers.collector.protocols.pixels import Pixels
from producers.collector.protocols.snowplow import app_keys
from producers.collector.reading.verdicts import answer_with_verdicts, wants_verdicts
from producers.collector.routes import ANSWERED, RETRY_AFTER_S, EventRoute, refused_body
from producers.collector.sources import Sources
from producers.collector.spool.spooling import with_spool
from producers.collector.zeros import from_zero
from producers.errors import Refusal, Refused, SinkError
from producers.logs import configure, log
from producers.metrics import REQUESTS, RESENT
from producers.settings import Settings, read
from producers.sinks.base import Sink
from producers.sinks.kafka import KafkaSink
from running.wall_clock import utc_ms
from schemas.topics import topic

__all__ = ["Collector", "build", "create", "kafka_sink"]

WRITTEN: Final = ("visits", "touches", "signals", "rejected")
_JSON: Final = (b"content-type", b"application/json")
_SHOWING: Final = ("GET", "HEAD")
_ANSWER: Final[Message] = {"type": "http.response.body", "body": ANSWERED}


class Collector:
    """POST on an event route: read, check, stamp, wait for the acknowledgement, answer. Pixels go the same way."""

    def __init__(
        self, settings: Settings, intake: Intake, *, keys: KeyRing, cors: Cors, protocols: Protocols
    ) -> None:
        self.intake = intake
        self._cors = cors
        self._door = Door(settings, keys, cors, now_ms=intake.now_ms)
        self._privacy = Privacy(now_ms=intake.now_ms)
        self._rest = rest(settings, intake, keys=keys, cors=cors, limits=self._door.limits)
        self._posts = protocols.posts
        self._shown = protocols.pixels
        self._allowed = protocols.allowed()
        self._pixels = Pixels(self._take, cors=cors, say=self._say)
        self._taken = {route.name: REQUESTS.labels(route.name, "200") for route in self._posts.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            method, path = scope["method"], scope["path"]
            if method == "POST" and (route := self._posts.get(path)) is not None:
                await self._collect(scope, receive, send, route=route)
                return
            if method == "OPTIONS":
                await _reply(send, 204, self._cors.preflight(dict(scope["headers"])))
                return
            if method in _SHOWING and (route := self._shown.get(path)) is not None:
                await self._pixels.answer(scope, send, route)
                return
            if path in self._allowed:
                await _not_allowed(send, self._allowed[path])
                return
            await self._rest(scope, receive, ending(scope, send))
            return
        async with self._door.watch:  # the lifespan: as long as we serve
            await self._rest(scope, receive, send)

    async def _collect(self, scope: Scope, receive: Receive, send: Send, *, route: EventRoute) -> None:
        headers: Headers = dict(scope["headers"])
        try:
            told, answer = await self._take(scope, headers, receive, route=route)
        except Refused as error:
            status = route.statuses[error.reason]
            REQUESTS.labels(route.name, "gone" if error.reason is Refusal.CUT_OFF else str(status)).inc()
            told = [_JSON, *self._door.turned_away(error, headers, status=status)]
            with suppress(OSError):  # who is gone does not hear it
                await _reply(send, status, told, body=refused_body(error.reason, error.detail))
        except SinkError as error:
            REQUESTS.labels(route.name, "503").inc()
            self._say(str(error))
            told = [_JSON, (b"retry-after", str(RETRY_AFTER_S).encode()), *self._cors.reply(headers.get(b"origin"))]
            await _reply(send, 503, told, body=refused_body("busy", "not stored, send it again"))
        else:
            self._taken[route.name].inc()
            await send({"type": "http.response.start", "status": 200, "headers": [_JSON, *told]})
            await send(answer)

    async def _take(
        self, scope: Scope, headers: Headers, receive: Receive, *, route: EventRoute
    ) -> tuple[HeaderList, Message]:
        """Returns when all is safe, with the reply's headers and its body. Raises Refused and SinkError."""
        if headers.get(b"x-retry-count", b"0") != b"0":
            RESENT.inc()
        arrival = await self._door.open(scope, headers, receive)
        request = route.read(arrival.body)
        sender, told = self._door.admit(arrival, request, only=route.only)
        if sender.policy.visitor_cookie:
            request, cookie = with_visitor(request, headers, sender)
            told = [*told, *cookie]
        admitted = self._privacy.applied(request, sender, headers=headers, address=of_person(arrival.address, sender))
        user_agent = headers.get(b"user-agent", b"").decode("latin-1") or None
        refused = await self.intake.take(admitted.request, sender=sender, ip=admitted.ip, user_agent=user_agent)
        if not wants_verdicts(headers):
            return told, _ANSWER
        body = answer_with_verdicts(request, admitted.request, refused, trust=sender.trust, now=self.intake.now_ms())
        return told, {"type": "http.response.body", "body": body}

    def _say(self, why: str) -> None:
        """Why we answer 503; the metrics count."""
        log.warning("not_safe", why=why)


def build(settings: Settings, sink: Sink, *, now_ms: Callable[[], int] | None = None) -> Collector:
    """A collector on this sink, with its spool. `now_ms`: UTC milliseconds, the system's clock unless given.

    Raises BadSettings.
    """
    from_zero()
    clock = now_ms or utc_ms
    intake = Intake(settings, with_spool(settings, sink, now_ms=clock), now_ms=clock)
    sources = Sources.read(settings.collector.sources)
    protocols = Protocols.of(settings.collector, sources)
    write_keys = settings.write_keys | (app_keys(sources) if settings.collector.snowplow else {})
    keys = KeyRing(write_keys=write_keys, server_keys=settings.server_keys, sources=sources)
    cors = Cors(settings.collector.cors_origins, sources)
    return Collector(settings, intake, keys=keys, cors=cors, protocols=protocols)


def create() -> Collector:
    """A collector on Kafka, as the environment says: the factory for servers. Raises BadSettings."""
    settings = read(Settings)
    configure(settings.log.level)
    return build(settings, kafka_sink(settings))


def kafka_sink(settings: Settings) -> KafkaSink:
    """The sink for the topics that the collector writes. Raises BadSettings."""
    return KafkaSink(
        settings.kafka,
        topics=tuple(topic(name).full(settings.kafka.topic_prefix, epoch=settings.kafka.epoch) for name in WRITTEN),
        partitions=settings.kafka.partitions,
    )


async def _reply(send: Send, status: int, headers: HeaderList, *, body: bytes = b"") -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _not_allowed(send: Send, allowed: bytes) -> None:
    body = refused_body("method", f"this path takes {allowed.decode()}")
    await _reply(send, 405, [_JSON, (b"allow", allowed)], body=body)
