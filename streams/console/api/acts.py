"""What can be done: an act on an alert becomes one message at the door, as on the console's pages. Raises Refused."""

from typing import Final

from msgspec.json import Decoder
from starlette.requests import Request

from schemas.api_keys import ApiKey
from streams.console.alerts.acts import wanted
from streams.console.alerts.objections import objection
from streams.console.api.bodies import ActionAccepted, ActionWanted
from streams.console.api.problems import Refused
from streams.console.api.reads import alert as alert_asked
from streams.console.api.taken import taken
from streams.console.desk import Desk
from streams.console.failures import CLOSED_DOOR
from streams.console.shown import plain
from streams.inbox import DoorClosed

__all__ = ["act"]

_WANTED: Final = Decoder(ActionWanted)


async def act(desk: Desk, request: Request, key: ApiKey) -> ActionAccepted:
    """`POST /alerts/{alert_id}/actions`."""
    asked = await taken(request, _WANTED, shape="ActionWanted")
    alert = await alert_asked(desk, request, key)
    actor = plain(asked.actor).strip() or key.name
    fields = {"outcome": asked.outcome, "reason": asked.reason}
    problem = objection(alert, asked.action, fields, actor=actor)
    if problem:
        raise Refused(409, "not-now", str(problem))  # in English: programs read it
    sent = wanted(alert, asked.action, fields, actor=actor, at=desk.now())
    try:
        await desk.door.send(sent)
    except DoorClosed as error:
        raise Refused(503, "not-sent", CLOSED_DOOR, headers={"retry-after": "5"}) from error
    return ActionAccepted(alert_id=alert.alert_id, action=asked.action, actor=actor, at=sent.at)
