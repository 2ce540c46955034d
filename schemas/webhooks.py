"""Bodies of the webhook, one struct for each `type`. `timestamp` is when it was decided (ISO 8601, UTC).

Times in `data` are UTC milliseconds. A retry has the same bytes and the same `webhook-id`. Of leads they name nobody:
what else may be known is asked for with a key of the API.
"""

from typing import Any, Final, Literal

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, Transition
from schemas.posts import Ahead, Occasion

__all__ = [
    "WEBHOOKS", "AlertChanged", "AlertDigest", "AlertRaised", "AudienceData", "AudienceEntered", "AudienceLeft",
    "ChangedData", "DigestData", "LeadMerged", "MergedData", "RaisedData", "StageChanged",
]  # fmt: skip


class RaisedData(Struct, frozen=True, kw_only=True):
    """`url` leads to the alert in the console, "" where the console has no public address."""

    post_id: str
    level: AlertLevel
    url: str
    alert: AlertCard
    occasion: Occasion = "raised"
    detail: str = ""


class AlertRaised(Struct, frozen=True, kw_only=True):
    """An alert is due; `data.occasion` says why again."""

    type: str = "alert.raised"
    timestamp: str
    data: RaisedData


class ChangedData(Struct, frozen=True, kw_only=True):
    """The whole alert as it is now: the newest `alert.version` wins. `url` as of a raised alert."""

    url: str
    alert: AlertCard


class AlertChanged(Struct, frozen=True, kw_only=True):
    """An alert that was raised before became another."""

    type: Literal["alert.updated", "alert.closed"]
    timestamp: str
    data: ChangedData


class DigestData(Struct, frozen=True, kw_only=True):
    """The best alerts first. `ahead`: lost accounts worth a call; `waiting` alerts come with the next digest."""

    post_id: str
    alerts: tuple[RaisedData, ...]
    ahead: tuple[Ahead, ...]
    waiting: int


class AlertDigest(Struct, frozen=True, kw_only=True):
    """A morning's digest, where a receiver keeps hours."""

    type: str = "alert.digest"
    timestamp: str
    data: DigestData


class StageChanged(Struct, frozen=True, kw_only=True):
    """A lead moved. `data` is the move as the ledger keeps it."""

    type: str = "lead.stage_changed"
    timestamp: str
    data: Transition


class MergedData(Struct, frozen=True, kw_only=True):
    """`lead_id` turned out to be `into`: what is kept of the one belongs to the other."""

    lead_id: str
    into: str
    number: int
    actor: str


class LeadMerged(Struct, frozen=True, kw_only=True):
    """One lead is another. Taken apart again it moves on with `lead.stage_changed`, from stage `merged`."""

    type: str = "lead.merged"
    timestamp: str
    data: MergedData


class AudienceData(Struct, frozen=True, kw_only=True):
    """`version` of the lead's row grows with each change: the greater one is how it is now."""

    audience: str
    lead_id: str
    at: int
    version: Version


class AudienceEntered(Struct, frozen=True, kw_only=True):
    """A lead is in an audience from now on."""

    type: str = "audience.entered"
    timestamp: str
    data: AudienceData


class AudienceLeft(Struct, frozen=True, kw_only=True):
    """A lead is in an audience no longer."""

    type: str = "audience.left"
    timestamp: str
    data: AudienceData


WEBHOOKS: Final[dict[str, Any]] = {
    "alert.closed": AlertChanged, "alert.digest": AlertDigest, "alert.raised": AlertRaised,
    "alert.updated": AlertChanged, "audience.entered": AudienceEntered,
    "audience.left": AudienceLeft, "lead.merged": LeadMerged, "lead.stage_changed": StageChanged,
}  # fmt: skip
