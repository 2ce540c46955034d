"""What the webhook says of leads: `lead.stage_changed`, `lead.merged`, `audience.entered`, `audience.left`.

Of the person nothing but the lead_id: what else may be known is asked for with a key of the API.
"""

from datetime import UTC, datetime
from typing import TypeAlias

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import Transition
from schemas.posts import LeadNews

__all__ = ["AudienceData", "AudienceEntered", "AudienceLeft", "LeadMerged", "MergedData", "StageChanged", "told_of"]


class StageChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="lead.stage_changed"):
    """The body. `data` is the move as the ledger keeps it. `timestamp`: when it was decided (ISO 8601, UTC)."""

    timestamp: str
    data: Transition


class MergedData(Struct, frozen=True, kw_only=True):
    """`lead_id` turned out to be `into`: what is kept of the one belongs to the other."""

    lead_id: str
    into: str
    number: int
    actor: str


class LeadMerged(Struct, frozen=True, kw_only=True, tag_field="type", tag="lead.merged"):
    """The body. A lead that is taken apart again moves on with `lead.stage_changed`, from stage `merged`."""

    timestamp: str
    data: MergedData


class AudienceData(Struct, frozen=True, kw_only=True):
    """`version` of the lead's row grows with each change: the greater one is how it is now."""

    audience: str
    lead_id: str
    at: int
    version: Version


class AudienceEntered(Struct, frozen=True, kw_only=True, tag_field="type", tag="audience.entered"):
    """The body."""

    timestamp: str
    data: AudienceData


class AudienceLeft(Struct, frozen=True, kw_only=True, tag_field="type", tag="audience.left"):
    """The body."""

    timestamp: str
    data: AudienceData


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
