"""The inbox: who is back, what they looked at, why the deal was lost, what to do next."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import AlertCard, AlertStatus
from streams.console.desk import desk_of
from streams.console.gate import shows

__all__ = ["DISMISSALS", "IN_WORK", "ROUTES", "sections"]

IN_WORK: Final[tuple[AlertStatus, ...]] = ("open", "claimed", "snoozed")
DISMISSALS: Final = {
    "wrong_company": "Wrong company", "staff": "Not a buyer: staff", "student": "Not a buyer: student",
    "competitor": "Not a buyer: competitor", "job_seeker": "Not a buyer: job seeker",
    "partner": "Not a buyer: partner", "not_now": "Not now",
}  # fmt: skip


def sections(alerts: list[AlertCard]) -> list[tuple[str, str, list[AlertCard]]]:
    """Title, explanation and alerts of each part of the inbox; empty parts are left out."""
    ranked = sorted(alerts, key=_urgency)
    now = [one for one in ranked if one.status == "open" and one.level == "real_time"]
    later = [one for one in ranked if one.status == "open" and one.level == "digest"]
    parts = (
        ("Strong signs", "Worth your attention today", now),
        ("First signs", "Interest, not yet enough for a call", later),
        ("Claimed", "Somebody is on it", [one for one in ranked if one.status == "claimed"]),
        ("Snoozed", "Silent until their day, unless they ask", [one for one in ranked if one.status == "snoozed"]),
    )
    return [part for part in parts if part[2]]


def _urgency(alert: AlertCard) -> tuple[int, int, str]:
    return -alert.strength.strength, -alert.raised_at, alert.alert_id


async def inbox(request: Request) -> Response:
    """`GET /`: the alerts that are not closed."""
    desk = desk_of(request)
    alerts = await desk.reader.alerts_by_status(*IN_WORK)
    shows(request, (person.lead_id for alert in alerts for person in alert.people))
    return await desk.show(request, "inbox.html", parts=sections(alerts), dismissals=DISMISSALS, show="open")


async def closed(request: Request) -> Response:
    """`GET /closed`: what was done, dismissed or has expired, newest first."""
    desk = desk_of(request)
    alerts = await desk.reader.alerts_by_status("done", "dismissed", "expired")
    shows(request, (person.lead_id for alert in alerts for person in alert.people))
    newest = sorted(alerts, key=lambda alert: (-alert.as_of, alert.alert_id))
    parts = [("Closed", "Done, dismissed or expired", newest)] if newest else []
    return await desk.show(request, "inbox.html", parts=parts, dismissals=DISMISSALS, show="closed")


async def alert_page(request: Request) -> Response:
    """`GET /alerts/{alert_id}`: one alert, where links of messages lead."""
    desk = desk_of(request)
    alert = await desk.reader.alert(request.path_params["alert_id"])
    if alert is None:
        raise HTTPException(404)
    shows(request, (person.lead_id for person in alert.people))
    return await desk.show(request, "alert.html", alert=alert, dismissals=DISMISSALS)


ROUTES: Final = [
    Route("/", inbox),
    Route("/closed", closed),
    Route("/alerts/{alert_id}", alert_page),
]
