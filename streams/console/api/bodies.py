"""What the API answers and takes, beside the cards themselves (`schemas/cards.py`)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.cards import AccountCard, AlertCard, LeadCard, Transition

__all__ = ["AccountPage", "ActionAccepted", "ActionWanted", "AlertPage", "Findings", "LeadPage", "TransitionList"]

Cursor = Annotated[str, Meta(description="Hand it back as `cursor` for what follows.")]


class LeadPage(Struct, frozen=True):
    """Leads by score, greatest first. `next` null: nothing follows."""

    items: list[LeadCard]
    next: Cursor | None


class AccountPage(Struct, frozen=True):
    """Accounts by engagement, greatest first."""

    items: list[AccountCard]
    next: Cursor | None


class AlertPage(Struct, frozen=True):
    """Alerts of one state: open and claimed ones by urgency, closed ones by time."""

    items: list[AlertCard]
    next: Cursor | None


class Findings(Struct, frozen=True):
    """What a search found, the strongest first. `more`: there are others that more letters would show."""

    leads: list[LeadCard]
    accounts: list[AccountCard]
    more: bool


class TransitionList(Struct, frozen=True):
    """The moves of one lead that its card carries, newest first."""

    items: list[Transition]


class ActionWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An act of a person on an alert. `outcome` goes with `contacted`, `reason` with `dismiss`."""

    action: Literal["claim", "contacted", "snooze", "dismiss"]
    actor: Annotated[str, Meta(max_length=60, description="Who did it; the key's name where it is left out.")] = ""
    outcome: Literal["", "no", "talking"] = ""
    reason: Annotated[str, Meta(max_length=200)] = ""


class ActionAccepted(Struct, frozen=True, kw_only=True):
    """It is safe in Kafka. The alert tells what became of it: another may have been faster."""

    alert_id: str
    action: str
    actor: str
    at: int
