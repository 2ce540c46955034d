"""Messages to an account's or a deal's row (topic `signals`): a record is a JSON array of them.

`to` is an account_id (a domain, or `crm:...`), a deal_id (`deal:...`) or the key of a CRM's contact (`contact:...`).
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Milestone, PageSeen, Version
from schemas.crm import ContactRecord, ContactStanding, ContactWanted, DealPatch
from schemas.deals import CompanyRecord, DealReport, DealStanding, Owner
from schemas.delivery import Trust
from schemas.touches import Tick

__all__ = [
    "AccountForward", "AlertAction", "AlertVerb", "Day", "DealAddress", "Intent", "LeadStanding", "Member",
    "NetworkStanding", "PersonErased", "Signal",
]  # fmt: skip

AlertVerb: TypeAlias = Literal[
    "claim", "contacted", "dismiss", "not_a_buyer", "release", "reopen_deal", "snooze", "wake", "wrong_company"
]


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
    days: tuple[Day, ...] = ()  # 16 freshest, freshest first
    intents: tuple[int, ...] = ()  # `at` of the freshest high-intent page of each of the 8 freshest such days
    answers: dict[str, int] = {}  # answer tag -> freshest `at`
    requests: tuple[Milestone, ...] = ()  # fast-pass requests
    pages: tuple[PageSeen, ...] = ()  # freshest few, to show
    company: str = ""  # as the person named it
    aliases: tuple[str, ...] = ()  # leads that were absorbed: a deal may name one of them
    clicked_at: int | None = None  # freshest human click in a mail of ours
    mailed_at: int | None = None  # freshest mail that we sent
    silenced: bool = False  # withdrew consent to tracking: no person in score and alert
    maturity: str = ""  # level of the self-assessment
    set_aside: str = ""  # why it is at a dead end: student, competitor, left, staff
    rules_version: str = ""  # of the rules that made this of what the lead did


class LeadStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="lead"):
    """From a lead's row to an account. `member` None withdraws."""

    v: int = 1
    to: str
    lead_id: str
    version: Version
    as_of: int
    member: Member | None


class NetworkStanding(Struct, frozen=True, kw_only=True, tag_field="t", tag="network"):
    """From a visitor's row to the account whose listed network it came from, while nobody knows who it is.

    `member` None withdraws: it turned out to be somebody.
    """

    v: int = 1
    to: str
    visitor_id: str
    version: Version
    as_of: int
    member: Member | None


class Intent(Struct, frozen=True, kw_only=True, tag_field="t", tag="intent"):
    """A third party saw this company read about what we sell. It joins the roll-up as one more member."""

    v: int = 1
    to: str
    intent_id: str
    at: int
    topic: str = ""


class AccountForward(Struct, frozen=True, kw_only=True, tag_field="t", tag="account"):
    """From an account's row that turned out to be another (a CRM id whose domain is known): who that is.

    `records` and `intent` are all that it holds besides its deals, which hear where they belong by themselves. `domain`
    "" withdraws.
    """

    v: int = 1
    to: str
    account_id: str
    version: Version
    as_of: int
    domain: str
    records: tuple[CompanyRecord, ...] = ()
    intent: Intent | None = None


class DealAddress(Struct, frozen=True, kw_only=True, tag_field="t", tag="deal_address"):
    """From an account's row to the deals that name it: it is `domain`, they belong there; "" = it is itself again.

    `version` is that of the decision. `reset_at`: when the last alert of this deal was claimed or closed there, 0 for
    none.
    """

    v: int = 1
    to: str  # deal_id
    account_id: str
    version: Version
    as_of: int
    domain: str
    reset_at: int = 0


class AlertAction(Struct, frozen=True, kw_only=True, tag_field="t", tag="action"):
    """What a person did with an alert. `actor` is shown to others; `at` is UTC milliseconds.

    `contacted` has an `outcome`; `not_a_buyer` and `wrong_company` name the lead (or a visitor) that they are about;
    `until` ends a snooze, 0 = as long as the rules say. `release` gives a claim back, `wake` ends a snooze. `by`: who
    acts, where it is a rep that we know.
    """

    v: int = 1
    to: str  # account_id
    alert_id: str
    action: AlertVerb
    reason: str = ""
    actor: str
    at: int
    outcome: Literal["", "no", "talking"] = ""
    lead_id: str = ""
    until: int = 0
    by: Owner | None = None


class PersonErased(Struct, frozen=True, kw_only=True, tag_field="t", tag="erased"):
    """To each account, deal and contact that may say something of an erased lead: leave it out.

    From the lead's row, and from a deal's to the accounts where it was. In `posts`, to the row where its news wait:
    forget them, but that it left its audiences.
    """

    v: int = 1
    to: str
    lead_id: str


Signal: TypeAlias = (
    LeadStanding | NetworkStanding | AccountForward | CompanyRecord | Intent | DealReport | DealPatch | DealStanding
    | DealAddress | ContactRecord | ContactWanted | ContactStanding | AlertAction | PersonErased
    | Tick
)
