"""`POST /slack/actions`: a button of an alert's message was pressed. The inbox's answers, by the same door.

Who presses stands in the request, which Slack signs. The time of the press is the action's, so a request that is sent
again says the same thing again, and that changes nothing.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import AlertCard
from schemas.signals import AlertVerb
from streams.console.access.gate import NOT_WRITTEN
from streams.console.alerts.acts import wanted
from streams.console.alerts.objections import objection
from streams.console.desk import Desk, desk_of
from streams.console.failures import CLOSED_DOOR
from streams.console.shown import plain
from streams.console.slack.edits import edited
from streams.console.slack.who import Who, can_write, who_is, write
from streams.console.tongue import N_, filled, tongue_of
from streams.core.alert.ends import IN_WORK
from streams.inbox import DoorClosed
from streams.readmodel.errors import ReadModelAway

__all__ = ["ROUTES"]

LARGEST: Final = 262_144  # Slack sends the whole message along
LONGEST_NAME: Final = 60
LONGEST_MEMBER: Final = 20
PATIENCE_S: Final = 10.0  # for the card that says what became of it
PAUSE_S: Final = 0.2
ALERT: Final = "alert:"
VERBS: Final[Mapping[str, AlertVerb]] = {
    "claim": "claim", "contacted": "contacted", "snooze": "snooze", "dismiss": "dismiss", "reopen_deal": "reopen_deal"
}  # fmt: skip
FIELD_OF: Final = {"contacted": "outcome", "dismiss": "reason"}  # what a list is about
OUTCOME_OF: Final = {"contacted": "contacted", "dismiss": "dismissed"}
DONE: Final = {
    "claim": N_("%(who)s has it."), "contacted": N_("%(who)s was in contact."), "snooze": N_("%(who)s snoozed it."),
    "dismiss": N_("%(who)s dismissed it."), "reopen_deal": N_("%(who)s asks the CRM for a new deal."),
}  # fmt: skip
CANNOT_LOOK: Final = N_(
    "Leadstream cannot look at its alerts just now. Nothing has changed: try again in a moment."
)


class _User(Struct, frozen=True):
    id: str = ""
    username: str = ""
    name: str = ""


class _Option(Struct, frozen=True):
    value: str = ""


class _Act(Struct, frozen=True):
    action_id: str = ""
    block_id: str = ""
    action_ts: str = ""
    selected_option: _Option | None = None


class _Shown(Struct, frozen=True):
    ts: str = ""
    text: str = ""
    blocks: tuple[dict[str, Any], ...] = ()


class _Payload(Struct, frozen=True):
    type: str
    user: _User = _User()
    actions: tuple[_Act, ...] = ()
    response_url: str = ""
    message: _Shown = _Shown()


class _Press(Struct, frozen=True, kw_only=True):
    """One press that we know. `chosen`: of a list; `at` in UTC milliseconds; `shown`: the message that it is in.

    `name` and `member` are Slack's of who pressed.
    """

    alert_id: str
    verb: AlertVerb
    chosen: str
    name: str
    member: str
    at: int
    response_url: str
    shown: _Shown


async def pressed(request: Request) -> Response:
    """Slack hears at once that it was heard. 403 for what Slack did not sign, 400 for what cannot be read."""
    desk = desk_of(request)
    body = await _body(request)
    if desk.slack is None or not desk.slack.proves(body, request.headers, now=desk.now()):
        raise HTTPException(403)
    press = _press_of(body, now=desk.now())
    if press is not None and not desk.slack.begin(_answered(desk, press)):
        raise HTTPException(503)
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise HTTPException(413)
    return body


def _press_of(body: bytes, *, now: int) -> _Press | None:
    """The press, None for what needs no answer (a link, another kind of request). Raises HTTPException 400."""
    try:
        payload = msgspec.json.decode(parse_qs(body.decode())["payload"][0], type=_Payload)
    except (KeyError, ValueError) as error:
        raise HTTPException(400) from error
    act = payload.actions[0] if payload.type == "block_actions" and payload.actions else _Act()
    verb = VERBS.get(act.action_id)
    if verb is None or not act.block_id.startswith(ALERT):
        return None
    name = plain(payload.user.name or payload.user.username or payload.user.id)[:LONGEST_NAME]
    return _Press(
        alert_id=act.block_id.removeprefix(ALERT), verb=verb, name=name, member=plain(payload.user.id)[:LONGEST_MEMBER],
        at=_at(act.action_ts, now=now), chosen=act.selected_option.value if act.selected_option else "",
        response_url=payload.response_url, shown=payload.message,
    )  # fmt: skip


def _at(action_ts: str, *, now: int) -> int:
    """When it was pressed: never later than now."""
    seconds = action_ts.partition(".")[0]
    is_time = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    return min(int(seconds) * 1_000, now) if is_time else now


async def _answered(desk: Desk, press: _Press) -> None:
    """Acts, and says what became of it: to all below the message where it went through, else to who pressed.

    In the language of who pressed.
    """
    assert desk.slack is not None  # noqa: S101 - for the type alone
    who = await who_is(desk, press.member, name=press.name)
    try:
        refused = await _written(desk, press, who)
        text = refused or await _became(desk, press, who.actor)
    except ReadModelAway:
        refused = text = CANNOT_LOOK
    is_done, text = not refused and text == _done(press, who.actor), tongue_of(who.language).say(text)
    if is_done and press.shown.blocks:
        blocks = edited(press.shown.blocks, press.verb, text)
        await desk.slack.edit(press.response_url, blocks, text=press.shown.text)
    await desk.slack.say(press.response_url, text, thread=press.shown.ts if is_done else "")


async def _written(desk: Desk, press: _Press, who: Who) -> str:
    """As `_acted`, with a line in the audit log: what cannot be written down is not done. Raises ReadModelAway."""
    if not can_write(desk):
        return NOT_WRITTEN
    try:
        status, refused = await _acted(desk, press, who)
    except ReadModelAway:
        write(desk, who, press.alert_id, answer=503)
        raise
    write(desk, who, press.alert_id, answer=status)
    return refused


async def _acted(desk: Desk, press: _Press, who: Who) -> tuple[int, str]:
    """What the inbox would answer, and why it could not be asked for, "" = it was. Raises ReadModelAway."""
    alert = await desk.reader.alert(press.alert_id)
    if alert is None:
        return 404, N_("This alert is not known any more.")
    fields = {FIELD_OF[press.verb]: press.chosen} if press.verb in FIELD_OF else {}
    problem = objection(alert, press.verb, fields, actor=who.actor)
    if problem:
        return 409, problem
    try:
        await desk.door.send(wanted(alert, press.verb, fields, actor=who.actor, at=press.at, by=who.by))
    except DoorClosed:
        return 503, CLOSED_DOOR
    return 303, ""


async def _became(desk: Desk, press: _Press, actor: str) -> str:
    """What the agents decided, as soon as the card says it. Raises ReadModelAway."""
    waited_until = asyncio.get_running_loop().time() + PATIENCE_S
    while asyncio.get_running_loop().time() < waited_until:
        alert = await desk.reader.alert(press.alert_id)
        if alert is not None and (said := _said(alert, press, actor)):
            return said
        await asyncio.sleep(PAUSE_S)
    return N_("Noted. It takes longer than usual: look at the console for what became of it.")


def _said(alert: AlertCard, press: _Press, actor: str) -> str:
    """What the card says of this press, "" = nothing yet."""
    if press.verb == "claim" and alert.claimed_by not in ("", actor):
        return filled(N_("%(who)s was faster and has this already."), who=alert.claimed_by)
    if _is_so(alert, press, actor):
        return _done(press, actor)
    return "" if alert.status in IN_WORK else N_("This alert is closed.")


def _done(press: _Press, actor: str) -> str:
    return filled(DONE[press.verb], who=actor)


def _is_so(alert: AlertCard, press: _Press, actor: str) -> bool:
    match press.verb:
        case "claim":
            return alert.claimed_by == actor
        case "snooze":
            return alert.status == "snoozed"
        case "reopen_deal":
            return alert.reopen_requested
        case verb:
            return alert.counts is not None and alert.counts.outcome == OUTCOME_OF[verb]


ROUTES: Final = [Route("/slack/actions", pressed, methods=["POST"])]
