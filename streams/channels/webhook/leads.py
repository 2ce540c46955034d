"""What the webhook says of leads: `lead.stage_changed`, `lead.merged`, `audience.entered`, `audience.left`."""

from datetime import UTC, datetime
from typing import TypeAlias

from schemas.activity import Version
from schemas.posts import LeadNews
from schemas.webhooks import AudienceData, AudienceEntered, AudienceLeft, LeadMerged, MergedData, StageChanged

__all__ = ["ToldOfLead", "told_of", "written"]

ToldOfLead: TypeAlias = StageChanged | LeadMerged | AudienceEntered | AudienceLeft


def written(at: int) -> str:
    """UTC milliseconds as a webhook's `timestamp`: ISO 8601.

    >>> written(1_500)
    '1970-01-01T00:00:01.500000+00:00'
    """
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def told_of(news: LeadNews) -> ToldOfLead:
    """The body of these news; the same bytes whenever they are sent again."""
    timestamp = written(news.at)
    if (move := news.transition) is not None:
        if news.kind == "lead.merged":
            data = MergedData(lead_id=news.lead_id, into=news.into, number=move.number, actor=move.actor)
            return LeadMerged(timestamp=timestamp, data=data)
        return StageChanged(timestamp=timestamp, data=move)
    said = AudienceData(audience=news.audience, lead_id=news.lead_id, at=news.at, version=news.version or Version(0, 0))
    made = AudienceEntered if news.kind == "audience.entered" else AudienceLeft
    return made(timestamp=timestamp, data=said)
