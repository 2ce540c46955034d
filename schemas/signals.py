"""Messages to an account's or a deal's row (topic `signals`): a record is a JSON array of them.

`to` is an account_id (a domain, or `crm:...`) or a deal_id (`deal:...`).
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Milestone, PageSeen, Version
from schemas.deals import DealReport, DealStanding
from schemas.delivery import Trust
from schemas.touches import Tick

__all__ = ["AlertAction", "Day", "LeadStanding", "Member", "Signal"]


class Day(Struct, frozen=True, array_like=True, gc=False):
    """One calendar day of a lead on which any page was seen. `day` counts days since 1970 in the site's time zone."""

    day: int
    at: int  # freshest human hit of the day, else freshest page: UTC milliseconds
    active: bool  # a human hit
    careers: bool  # a careers or team page


class Member(Struct, frozen=True, kw_only=True):
    """All that one lead contributes to an account."""

    name: str
    email: str
    title: str
    trust: Trust
    stage: str
    dead_end: bool
    known_at: int
    score_tenths: int
    engagement_tenths: int
    fit: int
    fit_company: int  # of `fit`, the part that belongs to the company (0-27)
    grade: str
    reasons: tuple[str, ...]  # top reasons in words
    human: bool  # False where interactions could not be measured for some of what counted
    days: tuple[Day, ...] = ()  # 16 freshest
    intents: tuple[int, ...] = ()  # `at` of the freshest high-intent page of each of the 8 freshest such days
    answers: dict[str, int] = {}  # answer tag -> freshest `at`
    requests: tuple[Milestone, ...] = ()  # fast-pass requests
    pages: tuple[PageSeen, ...] = ()  # freshest few, to show
    company: str = ""  # as the person named it


class LeadStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="lead"):
    """From a lead's row to an account. `member` None withdraws."""

    v: int = 1
    to: str
    lead_id: str
    version: Version
    as_of: int
    member: Member | None


class AlertAction(Struct, frozen=True, kw_only=True, tag_field="t", tag="action"):
    """What a person did with an alert. `actor` is shown to others; `at` is UTC milliseconds."""

    v: int = 1
    to: str  # account_id
    alert_id: str
    action: Literal["claim", "contacted", "dismiss"]
    reason: str = ""
    actor: str
    at: int


Signal: TypeAlias = LeadStanding | DealReport | DealStanding | AlertAction | Tick
