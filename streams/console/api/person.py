"""What a person may ask of us, for programs: what is known of them, and to be forgotten. Raises Refused, ReadModelAway.

As on the console's page whoever asks says how they made sure that it is they, and both stand in the audit log.
"""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct
from msgspec.json import Decoder
from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.touches import EraseOrder
from streams.console.access.audit import AuditLine, network
from streams.console.access.gate import NOT_WRITTEN, address_of
from streams.console.api.problems import Refused
from streams.console.api.reads import lead as lead_asked
from streams.console.api.taken import taken
from streams.console.desk import Desk
from streams.console.failures import CLOSED_DOOR
from streams.console.leads.person import PROOFS, exported, leads_of
from streams.console.shown import plain
from streams.inbox import DoorClosed

__all__ = ["EraseAccepted", "EraseWanted", "PersonExport", "erase", "export"]


class PersonExport(Struct, frozen=True, kw_only=True):
    """All that the cards say of one person, to be handed to them. Times are dates, other people are left out."""

    person: dict[str, Any]
    known_also_as: list[dict[str, Any]]
    at_their_company: dict[str, Any] | None
    alerts_that_name_them: list[dict[str, Any]]


class EraseWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How somebody made sure that it is they who ask: `mail`, `confirmed`, `account`, `document`, `authority`."""

    proof: str
    actor: Annotated[str, Meta(max_length=60, description="Who did it; the key's name where it is left out.")] = ""


class EraseAccepted(Struct, frozen=True, kw_only=True):
    """The order is safe in Kafka and cannot be taken back. `lead_ids`: also of the one that it turned out to be."""

    lead_ids: tuple[str, ...]
    actor: str
    at: int


_WANTED: Final = Decoder(EraseWanted)


async def export(desk: Desk, request: Request, key: ApiKey) -> PersonExport:
    """`GET /leads/{lead_id}/export?proof=`."""
    proof = _proof(request.query_params.get("proof", ""))
    lead = await lead_asked(desk, request, key)
    _note(desk, request, key, what=f"export lead, proof: {proof}", lead_id=lead.lead_id)
    return PersonExport(**await exported(desk.reader, lead))


async def erase(desk: Desk, request: Request, key: ApiKey) -> EraseAccepted:
    """`POST /leads/{lead_id}/erase`."""
    wanted = await taken(request, _WANTED, shape="EraseWanted")
    proof, actor, at = _proof(wanted.proof), plain(wanted.actor).strip() or key.name, desk.now()
    lead = await lead_asked(desk, request, key)
    _note(desk, request, key, what=f"erase lead, proof: {proof}", lead_id=lead.lead_id)
    try:
        for lead_id in leads_of(lead):
            await desk.door.send(EraseOrder(to=lead_id, lead_id=lead_id, at=at, actor=actor))
    except DoorClosed as error:
        raise Refused(503, "not-sent", CLOSED_DOOR, headers={"retry-after": "5"}) from error
    return EraseAccepted(lead_ids=leads_of(lead), actor=actor, at=at)


def _proof(said: str) -> str:
    if said not in PROOFS:
        raise Refused(400, "bad-parameter", f"`proof` says how you made sure that it is they who ask: one of "
                                            f"{', '.join(PROOFS)}.")  # fmt: skip
    return said


def _note(desk: Desk, request: Request, key: ApiKey, *, what: str, lead_id: str) -> None:
    """What cannot be written down is not shown and not done."""
    line = AuditLine(at=desk.now(), user=key.name, role="api", what=what, id=lead_id, leads=(lead_id,),
                     network=network(address_of(request)))  # fmt: skip
    try:
        desk.audit.write(line)
    except OSError as error:
        raise Refused(503, "not-written", NOT_WRITTEN, headers={"retry-after": "5"}) from error
