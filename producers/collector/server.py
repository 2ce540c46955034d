"""The collector as one plain ASGI application: events on a bare path, everything else in Starlette.

`create` reads the environment: `granian --interface asgi --factory producers.collector.server:create`, likewise
`uvicorn --factory`. Nothing here belongs to one server.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from producers.collector.addresses import client_of, network_of, shortened
from producers.collector.app import rest
from producers.collector.body import Message, Receive, Scope, Send, read_body
from producers.collector.cors import VARY, Cors, HeaderList
from producers.collector.head import ENDS, check_head, ending
from producers.collector.inflate import inflated
from producers.collector.intake import Intake
from producers.collector.key_watch import KeyWatch
from producers.collector.keys import Headers, KeyRing, Sender, offered_key
from producers.collector.limits import Limits
from producers.collector.routes import ANSWERED, EVENT_ROUTES, RETRY_AFTER_S, STATUS_OF, refused_body
from producers.collector.sources import Sources
from producers.collector.spooling import with_spool
from producers.collector.visitor_cookie import with_visitor
from producers.collector.wire import read as read_events
from producers.errors import Limited, Refusal, Refused, SinkError
from producers.logs import configure, log
from producers.metrics import LIMITED, REFUSED, REQUESTS
from producers.settings import Settings, read
from producers.sinks.base import Sink
from producers.sinks.kafka import KafkaSink
from schemas.topics import topic

__all__ = ["Collector", "build", "create", "kafka_sink"]

WRITTEN: Final = ("visits", "signals", "rejected")
_JSON: Final = (b"content-type", b"application/json")
ENDING: Final = frozenset({400, 408, 413, 414, 431})  # what is left of such a request is read by nobody
_ANSWER: Final[Message] = {"type": "http.response.body", "body": ANSWERED}


class Collector:
    """POST on an event route: read, check, stamp, wait for the acknowledgement, answer."""

    def __init__(self, settings: Settings, intake: Intake, *, keys: KeyRing, cors: Cors) -> None:
        self.intake = intake
        self._keys = keys
        self._cors = cors
        self._limits = Limits(settings.limits)
        self._hops = settings.collector.proxy_hops
        self._watch = KeyWatch(settings.collector.keys, keys, now_ms=intake.now_ms)
        self._rest = rest(settings, intake, keys=keys, cors=cors)
        self._said_at = 0
        self._taken = {kind: REQUESTS.labels(kind, "200") for kind in set(EVENT_ROUTES.values())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            method = scope["method"]
            if method == "OPTIONS":
                await _reply(send, 204, self._cors.preflight(dict(scope["headers"])))
                return
            kind = EVENT_ROUTES.get(scope["path"])
            if kind is not None:
                await self._collect(scope, receive, send, kind=kind) if method == "POST" else await _not_allowed(send)
                return
            await self._rest(scope, receive, ending(scope, send))
            return
        async with self._watch:  # the lifespan: as long as we serve
            await self._rest(scope, receive, send)

    async def _collect(self, scope: Scope, receive: Receive, send: Send, *, kind: str) -> None:
        headers: Headers = dict(scope["headers"])
        try:
            told = await self._take(scope, headers, receive, kind=kind)
        except Refused as error:
            await self._refuse(send, error, headers, kind=kind)
        except SinkError as error:
            REQUESTS.labels(kind, "503").inc()
            self._say(str(error))
            again = (b"retry-after", str(RETRY_AFTER_S).encode())
            told = [_JSON, again, *self._cors.reply(headers.get(b"origin"))]
            await _reply(send, 503, told, body=refused_body("busy", "not stored, send it again"))
        else:
            self._taken[kind].inc()
            await send({"type": "http.response.start", "status": 200, "headers": [_JSON, *told]})
            await send(_ANSWER)

    async def _take(self, scope: Scope, headers: Headers, receive: Receive, *, kind: str) -> HeaderList:
        """Returns when all is safe, with what the reply's headers say. Raises Refused and SinkError."""
        check_head(scope, headers)
        client = scope.get("client")
        address = client_of(client[0] if client else None, scope["headers"], proxy_hops=self._hops)
        network = network_of(address)
        key = offered_key(headers, scope["query_string"])
        sender = None if key is None else self._admitted(key, headers, network)
        self._limits.enter(network)
        try:
            raw = await read_body(receive, headers)
        finally:
            self._limits.leave(network)
        request = read_events(inflated(raw, headers.get(b"content-encoding")), kind)
        if sender is None:
            sender = self._admitted(request.write_key, headers, network)
        self._limits.take(sender, network, len(request.events) + len(request.bad))
        told = self._cors.reply(headers.get(b"origin"), sender)
        if b"transfer-encoding" in headers:
            told = [*told, ENDS]
        if sender.policy.visitor_cookie:
            request, cookie = with_visitor(request, headers, sender)
            told = [*told, *cookie]
        await self.intake.take(
            request,
            sender=sender,
            ip=shortened(address) if sender.trust == "claimed" else None,  # a server's says nothing of the person
            user_agent=headers.get(b"user-agent", b"").decode("latin-1") or None,
        )
        return told

    def _admitted(self, key: str | None, headers: Headers, network: str | None) -> Sender:
        """Whose key it is, as soon as that is known. Raises Refused: KEY, LEAKED_KEY, ORIGIN, RATE."""
        sender = self._keys.sender_of(key)
        origin = headers.get(b"origin")
        if origin is not None:
            if sender.trust == "proven":
                log.error("server_key_in_browser", source=sender.source, key=sender.key)
                raise Refused(Refusal.LEAKED_KEY, "a server key must never be in a page: replace it")
            self._cors.reply(origin, sender)
        self._limits.look(sender, network)
        return sender

    async def _refuse(self, send: Send, error: Refused, headers: Headers, *, kind: str) -> None:
        """The sender's fault, or too much at once. Who is gone already does not hear it."""
        status = STATUS_OF[error.reason]
        REQUESTS.labels(kind, "gone" if error.reason is Refusal.CUT_OFF else str(status)).inc()
        REFUSED.labels(error.reason).inc()
        told = VARY if error.reason is Refusal.ORIGIN else self._cors.reply(headers.get(b"origin"))
        told = [_JSON, *told, *([ENDS] if status in ENDING else ())]
        if isinstance(error, Limited):
            LIMITED.labels(error.by).inc()
            told.append((b"retry-after", str(error.after_s).encode()))
        with suppress(OSError):
            await _reply(send, status, told, body=refused_body(error.reason, error.detail))

    def _say(self, why: str) -> None:
        """Why we answer 503: at most one line a second, the metrics count."""
        now = self.intake.now_ms()
        if now - self._said_at >= 1_000:
            self._said_at = now
            log.warning("not_safe", why=why)


def build(settings: Settings, sink: Sink, *, now_ms: Callable[[], int] | None = None) -> Collector:
    """A collector on this sink, with its spool. `now_ms`: UTC milliseconds, the system's clock unless given.

    Raises BadSettings.
    """
    clock = now_ms or _system_ms
    intake = Intake(settings, with_spool(settings, sink, now_ms=clock), now_ms=clock)
    sources = Sources.read(settings.collector.sources)
    keys = KeyRing(write_keys=settings.write_keys, server_keys=settings.server_keys, sources=sources)
    return Collector(settings, intake, keys=keys, cors=Cors(settings.collector.cors_origins, sources))


def create() -> Collector:
    """A collector on Kafka, as the environment says: the factory for servers. Raises BadSettings."""
    settings = read(Settings)
    configure(settings.log.level)
    return build(settings, kafka_sink(settings))


def kafka_sink(settings: Settings) -> KafkaSink:
    """The sink for the topics that the collector writes. Raises BadSettings."""
    return KafkaSink(
        settings.kafka.bootstrap_servers,
        topics=tuple(topic(name).full(settings.kafka.topic_prefix, epoch=settings.kafka.epoch) for name in WRITTEN),
        partitions=settings.kafka.partitions,
    )


async def _reply(send: Send, status: int, headers: HeaderList, *, body: bytes = b"") -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _not_allowed(send: Send) -> None:
    await _reply(send, 405, [_JSON, (b"allow", b"POST, OPTIONS")], body=refused_body("method", "POST it"))


def _system_ms() -> int:
    return time.time_ns() // 1_000_000
