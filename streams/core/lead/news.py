"""What a webhook is told of a lead: moves from stage to stage, that it turned out to be another, audiences.

All of it was decided by the row; each has an id that follows from what it says.
"""

from collections.abc import Collection
from typing import Final

from schemas.activity import Version
from schemas.ids import lead_news_id_of, news_recipient_of
from schemas.posts import LeadNews, LeadNewsKind
from streams.core.lead.row import AudienceMove, Lead, as_transition
from streams.core.lead.view import MERGED
from streams.core.news import is_news
from streams.core.rules import Rules

__all__ = ["news_of"]

STAGE_CHANGED: Final[LeadNewsKind] = "lead.stage_changed"
LEAD_MERGED: Final[LeadNewsKind] = "lead.merged"


def news_of(key: str, row: Lead, *, since: Version, rules: Rules) -> tuple[LeadNews, ...]:
    """What a message of version `since` or a later one decided, oldest first. Moves of the past are no news."""
    if not rules.audiences.is_used:
        return ()
    return (*_moves(key, row, since, told=rules.audiences.rules.announce), *_audiences(key, row, since))


def _moves(key: str, row: Lead, since: Version, *, told: Collection[str]) -> list[LeadNews]:
    found: list[LeadNews] = []
    for move in reversed(row.moves):
        kind = LEAD_MERGED if move.to_stage == MERGED else STAGE_CHANGED
        if kind not in told or move.version < since or not is_news(move.effective_at, as_of=move.recorded_at):
            continue
        into = move.by.milestone_id if kind == LEAD_MERGED and move.by is not None else ""
        found.append(
            LeadNews(to=news_recipient_of(key), post_id=lead_news_id_of(kind, key, move.number), kind=kind, lead_id=key,
                     at=move.recorded_at, into=into, transition=as_transition(key, move))
        )  # fmt: skip
    return found


def _audiences(key: str, row: Lead, since: Version) -> list[LeadNews]:
    return [_of_audience(key, one) for one in reversed(row.audience_moves) if one.told and one.version >= since]


def _of_audience(key: str, move: AudienceMove) -> LeadNews:
    """The version is part of the id: a row that a former release wrote in between has forgotten its numbers."""
    kind: LeadNewsKind = "audience.entered" if move.is_in else "audience.left"
    said_by = f"{move.audience}|{move.version.epoch}.{move.version.offset}"
    return LeadNews(
        to=news_recipient_of(key), post_id=lead_news_id_of(kind, key, move.number, of=said_by), kind=kind, lead_id=key,
        at=move.at, audience=move.audience, version=move.version,
    )  # fmt: skip
