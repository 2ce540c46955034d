"""POST /v1/mail/ses, /sendgrid, /postmark: what a mail provider tells of our mails, by its own proof of origin.

200 once everything is safe; what cannot be read goes to `rejected` with its bytes, since sending it again would not
help. A provider that is not set up is 404: nothing could be proved. A network that proves nothing too often is 429.
"""

from typing import Final

from msgspec.json import encode as encode_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from producers.collector.door.addresses import shortened
from producers.collector.door.knocks import Knocks
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.collector.intake import Intake
from producers.collector.mail.kept import keep_mail
from producers.collector.reading.inflate import inflated
from producers.collector.replies import crm_answer, refused_answer, unsafe_answer
from producers.crm.proof import Knock
from producers.errors import NotFetched, Refusal, Refused, SinkError
from producers.logs import log
from producers.mail.pixel import Seen
from producers.mail.providers.amazon import fetch as fetch_from_amazon
from producers.mail.providers.reading import MailReading
from producers.mail.providers.registry import PROVIDERS, Provider
from producers.mail.providers.sns import Certificates, Fetch
from producers.settings import MailSettings, Settings

__all__ = ["MailRoute", "mail_routes"]

ROUTE: Final = "mail_webhook"


class MailRoute:
    """The endpoint of one provider, with what it needs. Raises BadSettings."""

    def __init__(
        self, name: str, intake: Intake, *, settings: MailSettings, knocks: Knocks, fetch: Fetch = fetch_from_amazon
    ) -> None:
        self._name = name
        self._intake = intake
        self._provider: Provider = PROVIDERS[name]
        self._settings = settings
        self._set_up = self._provider.is_set_up(settings)
        self._knocks = knocks
        self._fetch = fetch
        self._certificates = Certificates(fetch)
        self._confirmed = Seen(each=1, most=1_024)

    async def answer(self, request: Request) -> Response:
        """What the provider wants to hear when all is safe."""
        try:
            said = await self._take(request)
        except Refused as error:
            if error.reason is Refusal.PROOF:
                log.warning("mail_webhook_refused", provider=self._name, why=error.detail)
            return refused_answer(error, route=ROUTE)
        except (SinkError, NotFetched) as error:
            log.warning("not_safe", why=str(error))
            return unsafe_answer(route=ROUTE)
        return crm_answer(200, encode_json({"success": True, "ok": True, "status": 1, **said}), route=ROUTE)

    async def _take(self, request: Request) -> dict[str, int]:
        """Raises Refused, SinkError and NotFetched."""
        if not self._set_up:
            raise Refused(Refusal.NOT_SET_UP, f"set {self._provider.variable} on the collector")
        headers = dict(request.headers.raw)
        raw = await self._knocks.body_of(request)
        at = self._intake.now_ms()
        knock = Knock(method="POST", uri="", headers=headers, body=raw)
        await self._provider.verify(
            knock, settings=self._settings, now_ms=at, certificates=self._certificates
        )
        self._knocks.proven(request)
        body = inflated(raw, headers.get(b"content-encoding"))
        await self._confirm(self._provider.confirm(body))
        reading = MailReading(naming=self._intake.naming, received_at=at, shorten=shortened)
        told = self._provider.events_of(body, reading)
        await keep_mail(self._intake, told.messages, told.unread, source=self._name, at=at)
        return told.counts()

    async def _confirm(self, url: str) -> None:
        """Once each. Raises NotFetched."""
        if not url or not self._confirmed.is_new(url):
            return
        try:
            await self._fetch(url)
        except NotFetched:
            self._confirmed.forget(url)
            raise
        log.info("mail_webhook_confirmed", provider=self._name)


def mail_routes(settings: Settings, intake: Intake, limits: Limits) -> list[Route]:
    """One route for each provider of the registry, set up or not. Raises BadSettings."""
    rate = NetworkRate(settings.limits, of="mail_webhooks")
    knocks = Knocks(rate, limits, hops=settings.collector.proxy_hops)
    return [
        Route(f"/v1/mail/{name}", MailRoute(name, intake, settings=settings.mail, knocks=knocks).answer,
              methods=["POST"])
        for name in PROVIDERS
    ]  # fmt: skip
