"""What people do: answer an alert (`console/alerts/acts.py`). Each becomes one message at the door.

Nothing is decided here: the agents decide, and the card that follows says what became of it (who claimed first).
"""

from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from schemas.cards import AlertCard
from streams.console.access.security import form_of, session_of
from streams.console.alerts.acts import ACTIONS, wanted
from streams.console.alerts.objections import objection
from streams.console.alerts.values import alert_values, seat_at
from streams.console.desk import desk_of
from streams.console.failures import CLOSED_DOOR, not_sent
from streams.inbox import Caused, DoorClosed

__all__ = ["ROUTES", "sent_on"]


async def act(request: Request) -> Response:
    """`POST /alerts/{alert_id}/{action}`."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    alert = await desk.reader.alert(request.path_params["alert_id"])
    action = ACTIONS.get(request.path_params["action"])
    if alert is None or action is None:
        raise HTTPException(404)
    actor = session_of(request).name
    problem = objection(alert, action, fields, actor=actor)
    if problem:
        return await _answer(request, alert, problem=problem, status=409)
    seat = await seat_at(request)
    try:
        await desk.door.send(wanted(alert, action, fields, actor=actor, at=desk.now(), by=seat.by))
    except DoorClosed:
        return await _answer(request, alert, problem=CLOSED_DOOR, status=503)
    return await _answer(request, alert, sent=action)


async def sent_on(request: Request, message: Caused, *, then: str) -> Response:
    """Sends one message and leads on to `then`, or says that it did not get through."""
    try:
        await desk_of(request).door.send(message)
    except DoorClosed:
        return await not_sent(request)
    return RedirectResponse(then, 303)


async def _answer(
    request: Request, alert: AlertCard, *, sent: str = "", problem: str = "", status: int = 200
) -> Response:
    """The alert anew: as a part for htmx, as a page for a browser without scripts."""
    desk = desk_of(request)
    values: dict[str, Any] = {"alert": alert, "sent": sent, "problem": problem, **await alert_values(request, [alert])}
    if request.headers.get("hx-request"):
        return desk.pages.page(request, "alert_part.html", await desk.frame(), status=status, **values)
    if problem:
        return await desk.show(request, "alert.html", status=status, **values)
    return RedirectResponse(f"/?{urlencode({'did': alert.alert_id})}", 303)


ROUTES: Final = [Route("/alerts/{alert_id}/{action}", act, methods=["POST"])]
