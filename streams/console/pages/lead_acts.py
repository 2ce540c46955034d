"""What sales says of a lead: dispositions, the five checks, and what is taken back. Each is one message at the door.

What is wrong with a form is said beside its fields, and nothing of it is lost.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import LeadCard
from schemas.touches import Disposition
from streams.console.access.security import form_of, session_of
from streams.console.desk import desk_of
from streams.console.leads.acts import Form, Wrong, said_in
from streams.console.leads.checks import checks_in
from streams.console.leads.laid import known_lead, laid_out
from streams.console.leads.past import undone_by
from streams.console.pages.actions import sent_on
from streams.console.rules.at_hand import rules_or_503
from streams.core.rules import Rules

__all__ = ["ROUTES"]

UNREADABLE: Final = 422
Reads: TypeAlias = Callable[[Form, LeadCard, Rules], tuple[Disposition | None, Wrong]]


async def dispose(request: Request) -> Response:
    """`POST /leads/{lead_id}/disposition`: one of what `console/leads/acts.py` offers."""
    return await _said(request, said_in, sent="said")


async def check(request: Request) -> Response:
    """`POST /leads/{lead_id}/checks`: the answers of a talk."""
    return await _said(request, checks_in, sent="checked", form="checked")


async def undo(request: Request) -> Response:
    """`POST /leads/{lead_id}/undo`: `target` names what was said, or `move` a move."""
    return await _said(request, undone_by, sent="undone", form="undo")


async def _said(request: Request, read: Reads, *, sent: str, form: str = "") -> Response:
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead, rules = await known_lead(desk, request), await rules_or_503(desk)
    message, wrong = read(Form(fields, session_of(request).name, desk.now()), lead, rules)
    if message is None:
        filled = fields | {"form": form or fields.get("kind", "")}
        return await laid_out(desk, request, lead, wrong=wrong, filled=filled, status=UNREADABLE)
    return await sent_on(request, message, then=f"/leads/{lead.lead_id}?sent={sent}")


ROUTES: Final = [
    Route("/leads/{lead_id}/disposition", dispose, methods=["POST"]),
    Route("/leads/{lead_id}/checks", check, methods=["POST"]),
    Route("/leads/{lead_id}/undo", undo, methods=["POST"]),
]
