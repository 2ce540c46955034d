"""What a webhook is told of a lead: moves from stage to stage, that it turned out to be another, audiences.

All of it was decided by the row; each has an id that follows from lead, kind and number.
"""

from collections.abc import Collection
from typing import Final

from schemas.activity import Version
from schemas.ids import lead_news_id_of, news_recipient_of
from schemas.posts import LeadNews, LeadNewsKind
from streams.core.lead_row import Lead, as_transition
from streams.core.lead_view import MERGED
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
    return [
        LeadNews(
            to=news_recipient_of(key), post_id=lead_news_id_of("audience", key, one.number), lead_id=key, at=one.at,
            kind="audience.entered" if one.is_in else "audience.left", audience=one.audience, version=one.version,
        )
        for one in reversed(row.audience_moves) if one.told and one.version >= since
    ]  # fmt: skip
