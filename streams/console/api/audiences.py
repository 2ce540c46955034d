"""Audiences for programs: which there are, who is in them since when, and who left. Raises Refused, ReadModelAway."""

from msgspec import Struct
from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.cards import LeadCard
from schemas.codec import LEAD_CARD
from streams.console.api.bodies import Cursor
from streams.console.api.cursors import cursor_of, place_of
from streams.console.api.problems import Refused
from streams.console.api.reads import limit_of
from streams.console.api.whom import behind_ms, rules_of
from streams.console.desk import Desk
from streams.core.rulebook.audiences_rules import Audience
from streams.core.rulebook.segments_words import predicate_words
from streams.readmodel.pages import slice_of

__all__ = [
    "AudienceList", "AudienceMember", "AudienceSaid", "Leaver", "LeaverPage", "MemberPage", "audiences", "leavers",
    "member", "members",
]  # fmt: skip


class AudienceSaid(Struct, frozen=True, kw_only=True):
    """One audience of `rules/audiences.toml`. `rule`: its predicate in words; `announced`: a webhook hears of it."""

    name: str
    label: str
    rule: str
    announced: bool
    members: int


class AudienceList(Struct, frozen=True, kw_only=True):
    """All, in the order of the file. `behind_ms`: how old the figures may be, null = nobody knows."""

    items: list[AudienceSaid]
    behind_ms: int | None


class AudienceMember(Struct, frozen=True, kw_only=True):
    """Who is in it, since `since`. The whole card: `GET /leads/{lead_id}`."""

    lead_id: str
    since: int
    email: str
    name: str
    account_id: str
    stage: str
    score_tenths: int
    grade: str
    segment: str


class MemberPage(Struct, frozen=True, kw_only=True):
    """Whoever entered last comes first."""

    items: list[AudienceMember]
    next: Cursor | None
    behind_ms: int | None


class Leaver(Struct, frozen=True, kw_only=True):
    """Who left, at `at`, and is not in it again."""

    lead_id: str
    at: int


class LeaverPage(Struct, frozen=True, kw_only=True):
    """Whoever left last comes first; the last 10,000."""

    items: list[Leaver]
    next: Cursor | None
    behind_ms: int | None


async def audiences(desk: Desk, _: Request, __: ApiKey) -> AudienceList:
    """`GET /audiences`."""
    return AudienceList(
        items=[
            AudienceSaid(name=one.name, label=one.label, rule=predicate_words(one.when).words, announced=one.announce,
                         members=await desk.reader.size(f"audience:{one.name}"))
            for one in rules_of(desk).audiences.rules.audience
        ],
        behind_ms=await behind_ms(desk),
    )  # fmt: skip


async def members(desk: Desk, request: Request, _: ApiKey) -> MemberPage:
    """`GET /audiences/{audience}/members`."""
    index = f"audience:{_asked(desk, request).name}"
    after, limit = place_of(index, request.query_params.get("cursor")), limit_of(request)
    part = await slice_of(desk.reader, index, limit=limit, after=after)
    cards = await desk.reader.many("lead", part.ids, LEAD_CARD)
    found = [made for card in cards if (made := _member(card, index)) is not None]
    return MemberPage(items=found, next=cursor_of(index, part.last), behind_ms=await behind_ms(desk))


async def member(desk: Desk, request: Request, _: ApiKey) -> AudienceMember:
    """`GET /audiences/{audience}/members/{lead_id}`."""
    index = f"audience:{_asked(desk, request).name}"
    card = await desk.reader.lead(request.path_params["lead_id"])
    found = None if card is None else _member(card, index)
    if found is None:
        raise Refused(404, "unknown", "Nobody in this audience has this id.")
    return found


async def leavers(desk: Desk, request: Request, _: ApiKey) -> LeaverPage:
    """`GET /audiences/{audience}/left`."""
    index = f"audience:{_asked(desk, request).name}:left"
    after, limit = place_of(index, request.query_params.get("cursor")), limit_of(request)
    part = await slice_of(desk.reader, index, limit=limit, after=after)
    found = [Leaver(lead_id=one, at=at) for one, at in zip(part.ids, part.ranks, strict=True)]
    return LeaverPage(items=found, next=cursor_of(index, part.last), behind_ms=await behind_ms(desk))


def _asked(desk: Desk, request: Request) -> Audience:
    name = request.path_params["audience"]
    for one in rules_of(desk).audiences.rules.audience:
        if one.name == name:
            return one
    raise Refused(404, "unknown", "No audience of rules/audiences.toml has this name. GET /audiences lists them.")


def _member(card: LeadCard, index: str) -> AudienceMember | None:
    """None where the card is newer than the list, and out."""
    since = next((one.at for one in card.audiences if one.is_in and index == f"audience:{one.audience}"), None)
    if since is None:
        return None
    return AudienceMember(
        lead_id=card.lead_id, since=since, email=card.email, name=card.name, account_id=card.account_id,
        stage=card.stage, score_tenths=card.score_tenths, grade=card.grade, segment=card.segment,
    )  # fmt: skip
