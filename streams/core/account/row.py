"""An account's row: parts of its leads, deals and networks, what CRMs say of it, and its alerts by episode.

Times are UTC milliseconds.
"""

from typing import Final

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, AlertStatus, Reopening
from schemas.deals import CompanyRecord, DealFacts, Owner
from schemas.posts import Occasion
from schemas.signals import Intent, Member
from streams.core.parts import Part, Told

__all__ = ["EPISODES", "Account", "Episode", "Forwarding", "Held", "Looked", "Order", "Posted", "Rest"]


# Each account that a deal moves to numbers its episodes from the next thousand on, so that no alert id comes twice.
EPISODES: Final = 1_000


class Posted(Struct, frozen=True, array_like=True):
    """That an alert was posted to a recipient, once for each `key`: the occasion, and what is particular to it."""

    level: AlertLevel
    recipient_id: str
    at: int
    version: Version
    occasion: Occasion = "raised"
    key: str = "raised"
    detail: str = ""


class Order(Struct, frozen=True, array_like=True):
    """What an answer to an alert says of a lead: a disposition of this kind, said once."""

    lead_id: str
    kind: str
    reason: str
    at: int
    actor: str
    version: Version


class Episode(Struct, frozen=True, array_like=True):
    """One return of one deal's account. `card` is the alert as it was last said: frozen when claimed or closed."""

    deal_id: str
    number: int
    raised_at: int
    level: AlertLevel
    status: AlertStatus
    counted_at: int  # the freshest thing that counted: the episode expires some time after it
    card: AlertCard
    real_time_at: int | None = None
    waiting: bool = False  # real-time by its strength, silent by the cool-down
    reset_at: int | None = None  # when it was claimed or closed last: R counts anew from here
    posts: tuple[Posted, ...] = ()
    rules_version: str = ""  # under which it reached its level
    clock_at: int | None = None  # since when it waits for a claim, or for an outcome if they asked after it
    claimer: Owner | None = None  # who has it, where that is a rep that we know
    snoozed_at: int | None = None  # the newest snooze
    orders: tuple[Order, ...] = ()
    released_at: int | None = None  # when a claim was given back last
    scrubbed_by: Version | None = None  # who took somebody off the alert last who is erased


class Looked(Struct, frozen=True, array_like=True):
    """What is ahead of the lost deal, as one recipient was told of it; `deal` None: no more."""

    version: Version
    deal: DealFacts | None
    hold_ends_at: int | None = None
    contract_ends_at: int | None = None
    at: int = 0  # when it was told, 0 where a former release did not keep that


class Rest(Struct, frozen=True, array_like=True):
    """What the roll-up still needs of a lead that found no place among the 64 most recently active."""

    stage: str
    counts: bool  # neither at a dead end nor silenced
    engagement_tenths: int
    fit: int
    fit_company: int
    active_at: int
    human_at: int


class Held(Struct, frozen=True, array_like=True):
    """All that an account which forwards here holds besides its deals."""

    records: tuple[CompanyRecord, ...] = ()
    intent: Intent | None = None


class Forwarding(Struct, frozen=True, array_like=True):
    """The account that this one turned out to be ("" = itself again), and since which version and time that is so.

    `resets`: by deal, when its last alert here was claimed or closed before.
    """

    version: Version
    as_of: int
    domain: str
    resets: dict[str, int] = {}


class Account(Struct, frozen=True, array_like=True, tag="account"):
    """One company. `episodes` newest first; `announced` says who or what was in a real-time announcement, and when.

    `members` and `rest` by lead, `networks` by visitor, `records` by the CRM's id, `absorbed` by the account that
    forwards here; `intent` is the freshest that third parties saw; `forwards` says who was told that this is it, and
    `withdrawn_at` when it was told that it is not.
    `left_out`: leads and visitors that count for no return, and until when; `outlooks` by recipient. `erased`: leads
    of whom nothing is kept here.
    """

    version: Version
    as_of: int
    wake_at: int | None = None
    members: dict[str, Part[Member]] = {}
    deals: dict[str, Part[DealFacts]] = {}
    episodes: tuple[Episode, ...] = ()
    announced_at: int | None = None
    announced: dict[str, int] = {}
    outlooks: dict[str, Looked] = {}
    rest: dict[str, Part[Rest]] = {}
    networks: dict[str, Part[Member]] = {}
    records: dict[str, CompanyRecord] = {}
    intent: Intent | None = None
    absorbed: dict[str, Part[Held]] = {}
    forward: Forwarding | None = None
    forwards: Told = {}
    rules_version: str = ""  # of the rules that it was folded with last
    left_out: dict[str, int] = {}
    reopenings: tuple[Reopening, ...] = ()
    withdrawn_at: dict[str, int] = {}
    erased: tuple[str, ...] = ()
