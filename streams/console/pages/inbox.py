"""The inbox: who is back, what they looked at, why the deal was lost, what to do next. A page has at most twenty."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import AlertCard, AlertStatus
from streams.console.access.gate import shows
from streams.console.alerts.acts import UNDONE_BY
from streams.console.alerts.inbox import Laid, asked_whose, closed_laid, laid, newest
from streams.console.alerts.values import alert_values, seat_at
from streams.console.desk import desk_of
from streams.console.paging import asked_page
from streams.core.alert.ends import IN_WORK
from streams.readmodel.alert_lines import alert_lines

__all__ = ["ROUTES"]

CLOSED: Final[tuple[AlertStatus, ...]] = ("done", "dismissed", "expired")
CLOSED_MOST: Final = 400  # of each, the newest
TOLD_MS: Final = 10 * 60_000  # so long it is said what became of an act


async def inbox(request: Request) -> Response:
    """`GET /?whose=mine|team|all&page=2&did=<alert_id>`: the alerts that are not closed, and what became of an act."""
    desk, seat = desk_of(request), await seat_at(request)
    whose = asked_whose(request.query_params.get("whose", ""), seat)
    lines = await alert_lines(desk.reader, *IN_WORK)
    found = laid(lines, seat=seat, whose=whose, page=asked_page(request.query_params.get("page", "")))
    news = newest(lines, seat=seat, whose=whose)
    return await _shown(request, found, show="open", whose=whose, news=news, did=await _did(request))


async def closed(request: Request) -> Response:
    """`GET /closed?page=2`: what was done, dismissed or has expired, newest first."""
    lines = await alert_lines(desk_of(request).reader, *CLOSED, most=CLOSED_MOST)
    found = closed_laid(lines, page=asked_page(request.query_params.get("page", "")))
    return await _shown(request, found, show="closed", whose="all", news=[], did=None)


async def alert_page(request: Request) -> Response:
    """`GET /alerts/{alert_id}`: one alert, where links of messages lead."""
    desk = desk_of(request)
    alert = await desk.reader.alert(request.path_params["alert_id"])
    if alert is None:
        raise HTTPException(404)
    shows(request, (person.lead_id for person in alert.people))
    return await desk.show(request, "alert.html", alert=alert, **await alert_values(request, [alert]))


async def _shown(request: Request, found: Laid, **values: Any) -> Response:
    """The cards of one page, whole; one that went meanwhile leaves its place empty."""
    desk = desk_of(request)
    alerts = await desk.reader.alerts(found.ids)
    shows(request, (person.lead_id for alert in alerts for person in alert.people))
    return await desk.show(
        request, "inbox.html", laid=found, alerts={one.alert_id: one for one in alerts}, undone_by=UNDONE_BY,
        collector_url=desk.sight.collector_shown, **values, **await alert_values(request, alerts),
    )  # fmt: skip


async def _did(request: Request) -> AlertCard | None:
    """The alert that somebody just acted on, None after a while."""
    desk, asked = desk_of(request), request.query_params.get("did", "")
    alert = await desk.reader.alert(asked) if asked else None
    return alert if alert is not None and desk.now() - alert.as_of < TOLD_MS else None


ROUTES: Final = [
    Route("/", inbox),
    Route("/closed", closed),
    Route("/alerts/{alert_id}", alert_page),
]
