"""A collector in this process on a sink in memory, spoken to over ASGI."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from msgspec.json import decode
from pydantic import SecretStr

from producers.collector.server import Collector, build
from producers.settings import CollectorSettings, CrmSettings, LimitSettings, MailSettings, Settings, SpoolSettings
from producers.sinks.memory import MemorySink
from schemas.delivery import Delivery
from schemas.rejected import Rejected
from schemas.signals import Signal
from schemas.touches import Touch

NOW = 1_795_252_570_000
SECRET = "no secret, only long enough"


async def until(true: Callable[[], object]) -> None:
    """Lets others run until it is true. Raises TimeoutError after 60 s."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)


def settings(
    crm: CrmSettings | None = None, spool: SpoolSettings | None = None, *, limits: LimitSettings | None = None,
    mail: MailSettings | None = None, **collector: Any,
) -> Settings:  # fmt: skip
    return Settings(
        secret=SecretStr(SECRET),
        write_keys={"wk_site": "site", "wk_test": "site", "id:secret": "other", "key1:secret1": "site"},
        server_keys={"sk_crm": "crm"},
        collector=CollectorSettings(**collector),
        crm=crm or CrmSettings(),
        limits=limits or LimitSettings(),
        mail=mail or MailSettings(),
        spool=spool or SpoolSettings(),
    )


class Desk:
    """`http` speaks to the collector, `sink` holds what it wrote."""

    def __init__(self, collector: Collector, sink: MemorySink) -> None:
        self.collector = collector
        self.sink = sink
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(collector), base_url="http://collector")

    async def batch(self, *events: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.http.post("/v1/batch", json={"batch": list(events), "writeKey": "wk_site"}, headers=headers)

    def deliveries(self) -> list[Delivery]:
        blocks = self.sink.values("leadstream.visits.v1")
        return [delivery for block in blocks for delivery in decode(block, type=list[Delivery])]

    def events(self) -> list[dict[str, Any]]:
        return [decode(raw) for delivery in self.deliveries() for raw in delivery.events]

    def signals(self) -> list[Any]:
        blocks = self.sink.values("leadstream.signals.v1")
        return [signal for block in blocks for signal in decode(block, type=list[Signal])]

    def touches(self) -> list[Any]:
        blocks = self.sink.values("leadstream.touches.v1")
        return [touch for block in blocks for touch in decode(block, type=list[Touch])]

    def rejected(self) -> list[Rejected]:
        return [decode(value, type=Rejected) for value in self.sink.values("leadstream.rejected.v1")]


@asynccontextmanager
async def desk(
    sink: MemorySink | None = None, *, crm: CrmSettings | None = None, spool: SpoolSettings | None = None,
    limits: LimitSettings | None = None, mail: MailSettings | None = None, **collector: Any,
) -> AsyncIterator[Desk]:  # fmt: skip
    """A started collector; the clock stands at NOW."""
    kept = sink or MemorySink()
    app = build(settings(crm, spool, limits=limits, mail=mail, **collector), kept, now_ms=lambda: NOW)
    async with _lifespan(app):
        made = Desk(app, kept)
        async with made.http:
            yield made


@asynccontextmanager
async def _lifespan(app: Collector) -> AsyncIterator[None]:
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan", "asgi": {}, "state": {}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    yield
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await running


def page(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "page", "messageId": f"m{number}", "anonymousId": "browser-1", "properties": {}} | more
