"""The collector as one plain ASGI application: events on a bare path, everything else in Starlette.

`create` reads the environment: `granian --interface asgi --factory producers.collector.server:create`, likewise
`uvicorn --factory`. Nothing here belongs to one server.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from producers.collector.addresses import client_of, shortened
from producers.collector.app import rest
from producers.collector.body import Message, Receive, Scope, Send, read_body
from producers.collector.cors import Cors, HeaderList
from producers.collector.inflate import inflated
from producers.collector.intake import Intake
from producers.collector.keys import Headers, KeyRing, Sender, offered_key
from producers.collector.pixels import Pixels
from producers.collector.protocols import Protocols
from producers.collector.routes import ANSWERED, RETRY_AFTER_S, EventRoute, refused_body
from producers.collector.snowplow import app_keys
from producers.collector.sources import Sources
from producers.collector.spooling import with_spool
from producers.errors import Refusal, Refused, SinkError
from producers.logs import configure, log
from producers.metrics import REQUESTS
from producers.settings import Settings, read
from producers.sinks.base import Sink
from producers.sinks.kafka import KafkaSink
from schemas.topics import topic

__all__ = ["Collector", "build", "create", "kafka_sink"]

WRITTEN: Final = ("visits", "signals", "rejected")
_JSON: Final = (b"content-type", b"application/json")
_SHOWING: Final = ("GET", "HEAD")
_ANSWER: Final[Message] = {"type": "http.response.body", "body": ANSWERED}


class Collector:
    """POST on an event route: read, check, stamp, wait for the acknowledgement, answer. Pixels go the same way."""

    def __init__(
        self, settings: Settings, intake: Intake, *, keys: KeyRing, cors: Cors, protocols: Protocols
    ) -> None:
        self.intake = intake
        self._keys = keys
        self._cors = cors
        self._hops = settings.collector.proxy_hops
        self._rest = rest(settings, intake, keys=keys, cors=cors)
        self._said_at = 0
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
        await self._rest(scope, receive, send)

    async def _collect(self, scope: Scope, receive: Receive, send: Send, *, route: EventRoute) -> None:
        headers: Headers = dict(scope["headers"])
        cors: HeaderList = []
        try:
            cors = self._cors.reply(headers.get(b"origin"))
            await self._take(scope, headers, receive, route=route)
        except Refused as error:
            status = route.statuses[error.reason]
            REQUESTS.labels(route.name, "gone" if error.reason is Refusal.CUT_OFF else str(status)).inc()
            await _reply(send, status, [_JSON, *cors], body=refused_body(error.reason, error.detail))
        except SinkError as error:
            REQUESTS.labels(route.name, "503").inc()
            self._say(str(error))
            again = (b"retry-after", str(RETRY_AFTER_S).encode())
            await _reply(send, 503, [_JSON, again, *cors], body=refused_body("busy", "not stored, send it again"))
        else:
            self._taken[route.name].inc()
            await send({"type": "http.response.start", "status": 200, "headers": [_JSON, *cors]})
            await send(_ANSWER)

    async def _take(self, scope: Scope, headers: Headers, receive: Receive, *, route: EventRoute) -> None:
        key = offered_key(headers, scope["query_string"])
        sender = None if key is None else self._keys.sender_of(key)
        body = inflated(await read_body(receive, headers), headers.get(b"content-encoding"))
        request = route.read(body)
        if sender is None:
            sender = self._keys.sender_of(request.write_key)
        if route.only is not None and sender.trust != route.only:
            raise _wrong_kind_of_key(sender)
        await self.intake.take(
            request,
            sender=sender,
            ip=self._address(scope, headers, sender),
            user_agent=headers.get(b"user-agent", b"").decode("latin-1") or None,
        )

    def _say(self, why: str) -> None:
        """Why we answer 503: at most one line a second, the metrics count."""
        now = self.intake.now_ms()
        if now - self._said_at >= 1_000:
            self._said_at = now
            log.warning("not_safe", why=why)

    def _address(self, scope: Scope, headers: Headers, sender: Sender) -> str | None:
        """A server's address says nothing of the person. Raises Refused where a server key comes from a page."""
        if sender.trust == "proven":
            if b"origin" in headers:
                log.error("server_key_in_browser", source=sender.source)
                raise Refused(Refusal.LEAKED_KEY, "a server key must never be in a page: replace it")
            return None
        client = scope.get("client")
        return shortened(client_of(client[0] if client else None, headers, proxy_hops=self._hops))


def build(settings: Settings, sink: Sink, *, now_ms: Callable[[], int] | None = None) -> Collector:
    """A collector on this sink, with its spool. `now_ms`: UTC milliseconds, the system's clock unless given.

    Raises BadSettings.
    """
    clock = now_ms or _system_ms
    intake = Intake(settings, with_spool(settings, sink, now_ms=clock), now_ms=clock)
    sources = Sources.read(settings.collector.sources)
    protocols = Protocols.of(settings.collector, sources)
    write_keys = settings.write_keys | (app_keys(sources) if settings.collector.snowplow else {})
    keys = KeyRing(write_keys=write_keys, server_keys=settings.server_keys, sources=sources)
    cors = Cors(settings.collector.cors_origins)
    return Collector(settings, intake, keys=keys, cors=cors, protocols=protocols)


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


async def _not_allowed(send: Send, allowed: bytes) -> None:
    body = refused_body("method", f"this path takes {allowed.decode()}")
    await _reply(send, 405, [_JSON, (b"allow", allowed)], body=body)


def _wrong_kind_of_key(sender: Sender) -> Refused:
    if sender.trust == "proven":
        log.error("server_key_in_pixel", source=sender.source)
        return Refused(Refusal.LEAKED_KEY, "a server key must never be in a page: replace it")
    return Refused(Refusal.KEY, "a server key is needed here")


def _system_ms() -> int:
    return time.time_ns() // 1_000_000
