"""What readers of mails ask for: `/m/c/<token>` a link, `/m/o/<token>.gif` a pixel, `/m/u/<token>` to be left alone.

A reader never waits for Kafka on the way to a page; who unsubscribes is told so when it is safe, and not before.
Beyond the rate of a network links lead on and pixels answer, what they tell is left out and counted. Unsubscribing has
no limit: nobody's demand is lost because others of a network ask too much.
"""

import secrets
from contextlib import suppress
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from producers.collector.door.addresses import client_in, network_of, shortened
from producers.collector.door.body import read_body
from producers.collector.door.network_rate import NetworkRate
from producers.collector.intake import Intake
from producers.collector.mail.kept import Behind, keep_mail
from producers.collector.mail.together import Together
from producers.collector.protocols.pixels import GIF
from producers.collector.routes import RETRY_AFTER_S
from producers.errors import BadLink, Refused, SinkError
from producers.mail.fetched import Fetcher, clicked, fetcher_of, opened, unsubscribed
from producers.mail.links import Kind, Link, Links
from producers.mail.pixel import Seen
from producers.mail.targets import with_click
from producers.mail.unsubscribe import Page, language_of, page
from producers.metrics import MAILS_LEFT_OUT, REQUESTS
from producers.settings import Settings
from schemas.touches import MailEvent

__all__ = ["MailLinks"]

SOURCE: Final = "links"  # in metrics, of what came by our own links
CLICKS_OF_ONE: Final = 32  # of one link that are written: a row keeps eight of a message, and a flood says no more
CHANCE: Final = 12  # bytes
_PRIVATE: Final = {
    "cache-control": "no-store, no-cache, must-revalidate, private",
    "pragma": "no-cache",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_AS_PAGE: Final = _PRIVATE | {
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "vary": "Accept-Language",
}
_AS_PIXEL: Final = _PRIVATE | {"cross-origin-resource-policy": "cross-origin"}


class MailLinks:
    """The three routes, with what they need. Without keys nothing was signed, so every link is a bad one."""

    def __init__(self, settings: Settings, intake: Intake) -> None:
        self._intake = intake
        self._links = Links(settings.mail.ring(), days=settings.mail.link_days)
        self._hops = settings.collector.proxy_hops
        self._behind = Behind(intake)
        self._clicks = Seen(each=CLICKS_OF_ONE)
        self._opens = Seen(each=1)
        self._rate = NetworkRate(settings.limits, of="mail_links")
        self._demands = Together()

    def routes(self) -> list[Route]:
        """GET brings HEAD."""
        return [
            Route("/m/c/{token}", self.click, methods=["GET"]),
            Route("/m/o/{token}.gif", self.pixel, methods=["GET"]),
            Route("/m/u/{token}", self.unsubscribe, methods=["GET", "POST"]),
        ]

    async def click(self, request: Request) -> Response:
        """302 to exactly what was signed, and the click's id; 404 for all else, which leads nowhere."""
        now = self._intake.now_ms()
        link = self._link("click", request, now=now)
        if link is None:
            return _page(request, "bad_link", 404, route="mail_click")
        event, click_id = clicked(link, self._fetcher(request), at=now, chance=secrets.token_urlsafe(CHANCE))
        name = (link.lead_id, link.message_id, link.number, event.sign)
        if self._clicks.is_new(*name):
            if self._may_write(request, event):
                self._behind.tell(event, source=SOURCE)
            else:
                self._clicks.forget(*name)
        REQUESTS.labels("mail_click", "302").inc()
        return Response(status_code=302, headers=_PRIVATE | {"location": with_click(link.to, click_id)})

    async def pixel(self, request: Request) -> Response:
        """The same GIF whatever was asked, so that nothing can be learned from it. HEAD brings nothing."""
        now = self._intake.now_ms()
        link = self._link("open", request, now=now)
        if link is not None and request.method == "GET" and self._opens.is_new(link.lead_id, link.message_id):
            event = opened(link, self._fetcher(request), at=now)
            forget = partial(self._opens.forget, link.lead_id, link.message_id)
            if self._may_write(request, event):
                self._behind.tell(event, source=SOURCE, failed=forget)
            else:
                forget()
        REQUESTS.labels("mail_open", "404" if link is None else "200").inc()
        return Response(GIF, media_type="image/gif", headers=_AS_PIXEL)

    async def unsubscribe(self, request: Request) -> Response:
        """GET asks, and only POST acts: programs follow every link of a mail. Whoever posts is believed."""
        now = self._intake.now_ms()
        link = self._link("unsubscribe", request, now=now)
        if link is None:
            return _page(request, "bad_link", 404, route="mail_unsubscribe")
        if request.method != "POST":
            return _page(request, "ask", 200, route="mail_unsubscribe")
        with suppress(Refused):  # what the body says decides nothing
            await read_body(request.receive, dict(request.headers.raw))
        try:
            await self._demands.write((link.lead_id, link.message_id), partial(self._leave_alone, request, link))
        except SinkError:
            return _page(request, "again", 503, route="mail_unsubscribe")
        return _page(request, "done", 200, route="mail_unsubscribe")

    async def _leave_alone(self, request: Request, link: Link) -> None:
        now = self._intake.now_ms()
        event = unsubscribed(link, self._fetcher(request), at=now)
        await keep_mail(self._intake, (event,), source=SOURCE, at=now)

    def _may_write(self, request: Request, event: MailEvent) -> bool:
        """Whether its network is within its rate; what is left out is counted."""
        if self._rate.pay(network_of(self._address(request))):
            MAILS_LEFT_OUT.labels(event.kind).inc()
            return False
        return True

    def _link(self, kind: Kind, request: Request, *, now: int) -> Link | None:
        try:
            return self._links.link(kind, request.path_params["token"], now_ms=now)
        except BadLink:
            return None

    def _fetcher(self, request: Request) -> Fetcher:
        return fetcher_of(request.method, dict(request.headers.raw), ip=shortened(self._address(request)))

    def _address(self, request: Request) -> str | None:
        return client_in(request.scope, proxy_hops=self._hops)


def _page(request: Request, which: Page, status: int, *, route: str) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    headers = _AS_PAGE | {"content-language": language} | ({"retry-after": str(RETRY_AFTER_S)} if status == 503 else {})
    REQUESTS.labels(route, str(status)).inc()
    return Response(page(which, language), status_code=status, media_type="text/html", headers=headers)
