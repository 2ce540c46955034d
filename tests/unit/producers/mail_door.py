"""The routes of mail providers behind a desk, with an Amazon of ours."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from producers.collector.door.knocks import Knocks
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.collector.mail.webhooks import MailRoute
from producers.mail.providers.registry import PROVIDERS
from producers.metrics import REGISTRY
from producers.settings import LimitSettings, MailSettings
from schemas.times import milliseconds_of
from tests.unit.producers.desk import Desk, desk
from tests.unit.producers.mail_knocks import (
    SENDGRID_KEY,
    TOPIC,
    Amazon,
    sendgrid_headers,
    sns_headers,
)

__all__ = ["ADDRESSED", "AT", "POSTMARK", "SETTINGS", "STAMP", "Door", "door", "proofless", "said"]

POSTMARK = ("leadstream", "a password: with a colon")
SETTINGS = MailSettings(
    sendgrid_key=SENDGRID_KEY, ses_topics=(TOPIC,), postmark_secret=SecretStr(":".join(POSTMARK))
)  # fmt: skip
AT = milliseconds_of("2026-11-21T09:00:05.000Z")
STAMP = {"timestamp": "2026-11-21T09:00:05.000Z"}
ADDRESSED = [{"emailAddress": "ann@acme.example"}]


class Door(Desk):
    """A desk whose Amazon is ours."""

    async def ses(self, body: bytes, **headers: str) -> httpx.Response:
        return await self.http.post("/v1/mail/ses", content=body, headers=sns_headers(body, **headers))

    async def sendgrid(self, said: Any, **more: Any) -> httpx.Response:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return await self.http.post("/v1/mail/sendgrid", content=body, headers=sendgrid_headers(body, **more))


@asynccontextmanager
async def door(
    amazon: Amazon | None = None, settings: MailSettings = SETTINGS, *, limits: LimitSettings | None = None
) -> AsyncIterator[Door]:
    """A proxy says who knocks."""
    async with desk() as d:
        found, told = amazon or Amazon(), limits or LimitSettings()
        knocks = Knocks(NetworkRate(told, of="mail_webhooks"), Limits(told), hops=1)
        routes = [
            Route(f"/v1/mail/{name}", methods=["POST"], endpoint=MailRoute(
                name, d.collector.intake, settings=settings, knocks=knocks, fetch=found.fetch).answer)
            for name in PROVIDERS
        ]  # fmt: skip
        made = Door(d.collector, d.sink)
        made.http = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://c")
        async with made.http:
            yield made


def said(d: Desk) -> list[tuple[Any, ...]]:
    return [(one.to, one.kind, one.mail_event_id, one.message_id, one.at, one.permanent) for one in d.touches()]


def proofless() -> float:
    return REGISTRY.get_sample_value("leadstream_collector_refused_total", {"reason": "proof"}) or 0.0
