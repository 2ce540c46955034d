"""What other tools ask about one person before they act: what to show (profile), and whether a mail may go.

Answers name no person. They fail closed: where figures are old, nobody is known and no marketing mail may go.
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.json import Decoder
from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.cards import LeadCard
from schemas.errors import BadId
from schemas.ids import clean_id
from streams.console.api.problems import Refused
from streams.console.api.taken import taken
from streams.console.api.whom import Whom, behind_ms, card_of, lead_id_of, rules_of
from streams.console.desk import Desk
from streams.core.mail.send_gate import NOT_MAILED, Code, Purpose, may_mail
from streams.core.rulebook.content_rules import Review
from streams.core.rulebook.segments_rules import NO_SEGMENT
from streams.core.rules import Rules
from streams.core.segment.content import next_content, review_of
from streams.readmodel.errors import ReadModelAway

__all__ = [
    "MailAnswered", "MailAsked", "NotMailed", "Profile", "ProfileContent", "may_mail_to", "profile", "visitor_profile",
]  # fmt: skip

FRESH_MS: Final = 60_000


class ProfileContent(Struct, frozen=True, kw_only=True):
    """One piece to offer. `gate` `form`: this visitor is asked who they are first."""

    title: str
    path: str
    asset: str
    gate: Literal["open", "form"]


class Profile(Struct, frozen=True, kw_only=True):
    """What a page may be made of. `known` false: unknown to us, or `stale`; then it is what anybody is shown.

    `behind_ms`: how old the figures may be, null = nobody knows; `stale`: too old to rely on. `review` null: nothing is
    offered (a dead end).
    """

    known: bool
    segment: str
    review: Review | None
    content: list[ProfileContent]
    audiences: list[str]
    as_of: int | None
    behind_ms: int | None
    stale: bool


class MailAsked(Whom, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the mail would go to. Transactional mail (a receipt, a password) is stopped by less."""

    purpose: Purpose = "marketing"


class NotMailed(Struct, frozen=True, kw_only=True):
    """One reason against it. `until` null: until somebody does something about it."""

    code: Code
    says: str
    until: int | None
    since: int | None


class MailAnswered(Struct, frozen=True, kw_only=True):
    """`may`, or every reason why not, the first of which decides. `until`: when time alone makes it a yes."""

    may: bool
    purpose: Purpose
    reasons: list[NotMailed]
    until: int | None
    behind_ms: int | None


_WHOM: Final = Decoder(Whom)
_MAIL: Final = Decoder(MailAsked)


async def profile(desk: Desk, request: Request, _: ApiKey) -> Profile:
    """`POST /profiles`."""
    whom = await taken(request, _WHOM, shape="Whom")
    rules = rules_of(desk)
    card, behind = await card_of(desk, lead_id_of(whom, rules)), await behind_ms(desk)
    return _offered(desk, card, behind=behind, rules=rules)


async def visitor_profile(desk: Desk, request: Request, _: ApiKey) -> Profile:
    """`GET /profiles/visitors/{visitor_id}`. Who share a browser are nobody: it may be the other who reads."""
    rules = rules_of(desk)
    try:
        visitor_id = clean_id(request.path_params["visitor_id"]) or ""
    except BadId as error:
        raise Refused(400, "bad-parameter", f"The visitor id cannot be one: {error}.") from error
    cards = [await card_of(desk, one) for one in await desk.reader.leads_of(visitor_id)]
    persons = {one.lead_id: one for one in cards if one is not None}
    card = next(iter(persons.values())) if len(persons) == 1 else None
    return _offered(desk, card, behind=await behind_ms(desk), rules=rules)


def _offered(desk: Desk, card: LeadCard | None, *, behind: int | None, rules: Rules) -> Profile:
    stale = behind is None or behind > FRESH_MS
    return profile_of(None if stale else card, behind=behind, stale=stale, now=desk.now(), rules=rules)


def profile_of(card: LeadCard | None, *, behind: int | None, stale: bool, now: int, rules: Rules) -> Profile:
    """Pure. `card` None: nobody that we know."""
    stage, segment = ("", NO_SEGMENT) if card is None else (card.stage, card.segment)
    seen: dict[str, int] = {}
    if card is not None:
        seen = {hit.what: hit.at for line in card.lines for hit in line.hits}
        seen |= {page.path: page.at for page in reversed(card.pages)}
    offers = next_content(stage, seen, segment, known=card is not None, as_of=now, rules=rules.content)
    return Profile(
        known=card is not None,
        segment=segment,
        review=review_of(stage),
        content=[ProfileContent(title=one.content.title, path=one.content.path, asset=one.content.asset, gate=one.gate)
                 for one in offers],
        audiences=[] if card is None else sorted(one.audience for one in card.audiences if one.is_in),
        as_of=None if card is None else card.as_of,
        behind_ms=behind,
        stale=stale,
    )  # fmt: skip


async def may_mail_to(desk: Desk, request: Request, _: ApiKey) -> MailAnswered:
    """`POST /may-mail`. Where Redis is away it is a no, not an error: a sender may take an error for a yes."""
    asked = await taken(request, _MAIL, shape="MailAsked")
    rules = rules_of(desk)
    try:
        card, behind = await card_of(desk, lead_id_of(asked, rules)), await behind_ms(desk)
    except ReadModelAway:
        old = NotMailed(code="old_card", says=NOT_MAILED["old_card"], until=None, since=None)
        return _answered(asked.purpose, [old])
    found = may_mail(card, now=desk.now(), behind_ms=behind, rules=rules, purpose=asked.purpose)
    reasons = [NotMailed(code=one.code, says=NOT_MAILED[one.code], until=one.until, since=one.since)
               for one in found.reasons]  # fmt: skip
    return _answered(asked.purpose, reasons, until=found.until, behind=behind)


def _answered(
    purpose: Purpose, reasons: list[NotMailed], *, until: int | None = None, behind: int | None = None
) -> MailAnswered:
    return MailAnswered(may=not reasons, purpose=purpose, reasons=reasons, until=until, behind_ms=behind)
