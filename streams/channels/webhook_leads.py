"""What the webhook says of leads: `lead.stage_changed`, `lead.merged`, `audience.entered`, `audience.left`."""

from datetime import UTC, datetime
from typing import TypeAlias

from schemas.activity import Version
from schemas.posts import LeadNews
from schemas.webhooks import AudienceData, AudienceEntered, AudienceLeft, LeadMerged, MergedData, StageChanged

__all__ = ["ToldOfLead", "told_of"]

ToldOfLead: TypeAlias = StageChanged | LeadMerged | AudienceEntered | AudienceLeft


def told_of(news: LeadNews) -> ToldOfLead:
    """The body of these news; the same bytes whenever they are sent again."""
    timestamp = datetime.fromtimestamp(news.at / 1000, UTC).isoformat()
    if (move := news.transition) is not None:
        if news.kind == "lead.merged":
            data = MergedData(lead_id=news.lead_id, into=news.into, number=move.number, actor=move.actor)
            return LeadMerged(timestamp=timestamp, data=data)
        return StageChanged(timestamp=timestamp, data=move)
    said = AudienceData(audience=news.audience, lead_id=news.lead_id, at=news.at, version=news.version or Version(0, 0))
    made = AudienceEntered if news.kind == "audience.entered" else AudienceLeft
    return made(timestamp=timestamp, data=said)
