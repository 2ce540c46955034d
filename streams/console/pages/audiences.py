"""Audiences: the rule of each, how many are in it, who entered and who left last."""

from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import LeadCard
from schemas.codec import LEAD_CARD
from streams.console.desk import Desk, desk_of
from streams.console.rules.at_hand import unreadable_rules
from streams.core.rulebook.audiences_rules import Audience
from streams.core.rulebook.segments_words import predicate_words
from streams.core.rules import RulesError
from streams.core.said import Said
from streams.readmodel.pages import slice_of

__all__ = ["ROUTES", "Shown", "Someone"]

NEWEST: Final = 8


class Someone(Struct, frozen=True):
    """A lead, and when it entered or left."""

    lead: LeadCard
    at: int


class Shown(Struct, frozen=True, kw_only=True):
    """One audience. `rule`: its predicate in words."""

    audience: Audience
    rule: Said
    members: int
    entered: list[Someone]
    left: list[Someone]


async def audiences(request: Request) -> Response:
    """`GET /audiences`."""
    desk = desk_of(request)
    try:
        rules = desk.sight.known.in_force().audiences.rules.audience
    except RulesError as error:
        return await unreadable_rules(desk, request, error)
    return await desk.show(request, "audiences.html", audiences=[await _shown(desk, one) for one in rules])


async def _shown(desk: Desk, audience: Audience) -> Shown:
    index = f"audience:{audience.name}"
    return Shown(
        audience=audience, rule=predicate_words(audience.when), members=await desk.reader.size(index),
        entered=await _newest(desk, index), left=await _newest(desk, f"{index}:left"),
    )  # fmt: skip


async def _newest(desk: Desk, index: str) -> list[Someone]:
    part = await slice_of(desk.reader, index, limit=NEWEST)
    when = dict(zip(part.ids, part.ranks, strict=True))
    return [Someone(one, when[one.lead_id]) for one in await desk.reader.many("lead", part.ids, LEAD_CARD)]


ROUTES: Final = [Route("/audiences", audiences)]
