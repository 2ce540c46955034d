"""What can be read: cards as they are, lists some at a time. Raises Refused and ReadModelAway."""

from typing import Final, TypeVar

from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.cards import AccountCard, AlertCard, LeadCard
from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD, Codec
from streams.console.api.bodies import AccountPage, AlertPage, Findings, LeadPage, TransitionList
from streams.console.api.cursors import cursor_of, place_of
from streams.console.api.problems import Refused
from streams.console.desk import Desk
from streams.readmodel.keys import ALERT_STATUSES, Kind
from streams.readmodel.pages import slice_of
from streams.readmodel.search import search

__all__ = [
    "MOST", "STATUSES", "USUAL", "account", "accounts", "alert", "alerts", "find", "lead", "leads", "limit_of",
    "transitions",
]  # fmt: skip

MOST: Final = 200
USUAL: Final = 50
STATUSES: Final = ALERT_STATUSES
T = TypeVar("T")


async def leads(desk: Desk, request: Request, _: ApiKey) -> LeadPage:
    """`GET /leads`."""
    return LeadPage(*await _listed(desk, request, "leads:by_score", kind="lead", codec=LEAD_CARD))


async def accounts(desk: Desk, request: Request, _: ApiKey) -> AccountPage:
    """`GET /accounts`."""
    return AccountPage(*await _listed(desk, request, "accounts:by_engagement", kind="account", codec=ACCOUNT_CARD))


async def alerts(desk: Desk, request: Request, _: ApiKey) -> AlertPage:
    """`GET /alerts?status=`."""
    status = request.query_params.get("status", "open")
    if status not in STATUSES:
        raise Refused(400, "bad-parameter", f"`status` is one of {', '.join(STATUSES)}.")
    return AlertPage(*await _listed(desk, request, f"alerts:{status}", kind="alert", codec=ALERT_CARD))


async def lead(desk: Desk, request: Request, _: ApiKey) -> LeadCard:
    """`GET /leads/{lead_id}`."""
    return _known(await desk.reader.lead(request.path_params["lead_id"]), "lead")


async def transitions(desk: Desk, request: Request, key: ApiKey) -> TransitionList:
    """`GET /leads/{lead_id}/transitions`."""
    return TransitionList([*(await lead(desk, request, key)).moves])


async def account(desk: Desk, request: Request, _: ApiKey) -> AccountCard:
    """`GET /accounts/{account_id}`."""
    return _known(await desk.reader.account(request.path_params["account_id"]), "account")


async def alert(desk: Desk, request: Request, _: ApiKey) -> AlertCard:
    """`GET /alerts/{alert_id}`."""
    return _known(await desk.reader.alert(request.path_params["alert_id"]), "alert")


async def find(desk: Desk, request: Request, key: ApiKey) -> Findings:
    """`GET /search?q=`. Accounts are shown to keys that may read them."""
    text = request.query_params.get("q", "")
    if not text.strip():
        raise Refused(400, "bad-parameter", "`q` is missing: the beginning of a name, an e-mail or a domain.")
    found = await search(desk.reader, text, limit=limit_of(request))
    return Findings(found.leads, found.accounts if "accounts:read" in key.scopes else [], found.more)


async def _listed(
    desk: Desk, request: Request, index: str, *, kind: Kind, codec: Codec[T]
) -> tuple[list[T], str | None]:
    after = place_of(index, request.query_params.get("cursor"))
    part = await slice_of(desk.reader, index, limit=limit_of(request), after=after)
    return await desk.reader.many(kind, part.ids, codec), cursor_of(index, part.last)


def limit_of(request: Request) -> int:
    """How many at most."""
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise Refused(400, "bad-parameter", f"`limit` is a number from 1 to {MOST}.")
    return int(text)


def _known(card: T | None, kind: str) -> T:
    if card is None:
        raise Refused(404, "unknown", f"No {kind} has this id. A card is here within seconds of its first event.")
    return card
