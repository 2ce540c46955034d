"""What a person may ask of us: what is known of them, and to be forgotten. Neither without proof that it is they.

Only an order is sent: the lead's row forgets, and tells whoever else knows of the person.
"""

from typing import Final

from msgspec import json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import LeadCard
from schemas.touches import EraseOrder
from streams.console.access.gate import noted
from streams.console.access.security import form_of, session_of
from streams.console.desk import desk_of
from streams.console.failures import not_sent
from streams.console.leads.laid import known_lead
from streams.console.leads.person import PROOFS, exported, leads_of
from streams.console.tongue import N_
from streams.inbox import DoorClosed

__all__ = ["ROUTES"]

UNPROVED: Final = N_("Say how you made sure that it is they who ask.")
UNCONFIRMED: Final = N_("What you typed is not what stands above the field. Nothing was sent.")


async def asked(request: Request) -> Response:
    """`GET /leads/{lead_id}/erase`: the form."""
    return await _form(request, await known_lead(desk_of(request), request))


async def erase(request: Request) -> Response:
    """`POST /leads/{lead_id}/erase`."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    lead = await known_lead(desk, request)
    proof, typed = fields.get("proof", ""), fields.get("typed", "").strip().lower()
    if proof not in PROOFS:
        return await _form(request, lead, problem=UNPROVED, status=422)
    if typed != _to_type(lead):
        return await _form(request, lead, problem=UNCONFIRMED, status=422)
    session, at = session_of(request), desk.now()
    desk.audit.write(noted(request, f"erase lead, proof: {proof}", session, id_=lead.lead_id))
    try:
        for lead_id in leads_of(lead):
            await desk.door.send(EraseOrder(to=lead_id, lead_id=lead_id, at=at, actor=session.name))
    except DoorClosed:
        return await not_sent(request)
    return await desk.show(request, "erased.html", lead_id=lead.lead_id)


async def export(request: Request) -> Response:
    """`GET /leads/{lead_id}/export.json`: to be handed to the person who asked."""
    desk = desk_of(request)
    lead = await known_lead(desk, request)
    proof = request.query_params.get("proof", "")
    if proof not in PROOFS:
        return await _form(request, lead, problem=UNPROVED, status=422)
    desk.audit.write(noted(request, f"export lead, proof: {proof}", session_of(request), id_=lead.lead_id))
    told = json.format(json.encode(await exported(desk.reader, lead)), indent=2)
    name = f"person-{lead.lead_id[:12]}.json"
    return Response(told, media_type="application/json", headers={
        "content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store",
    })  # fmt: skip


def _to_type(lead: LeadCard) -> str:
    """What somebody must type who means this person: the address, else the beginning of the id."""
    return (lead.email or lead.lead_id[:12]).lower()


async def _form(request: Request, lead: LeadCard, *, problem: str = "", status: int = 200) -> Response:
    return await desk_of(request).show(
        request, "erase.html", status=status, lead=lead, to_type=_to_type(lead), proofs=PROOFS, problem=problem,
    )  # fmt: skip


ROUTES: Final = [
    Route("/leads/{lead_id}/erase", asked),
    Route("/leads/{lead_id}/erase", erase, methods=["POST"]),
    Route("/leads/{lead_id}/export.json", export),
]
