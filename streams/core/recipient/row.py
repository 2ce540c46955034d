"""A recipient's row: the posts of a rep or a team, and what became of each. Times are UTC milliseconds."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertCard, AlertLevel, AlertStatus
from schemas.posts import Absence, Ahead, LeadNews, Outlook, Post

__all__ = ["Became", "Digested", "Editing", "Expected", "Heard", "Kept", "Outcome", "Recipient", "Way"]

Outcome: TypeAlias = Literal["sent", "refused"]
# What a post does on channels that keep hours: `waits` for them, `digest` for the next one; the others are final.
Way: TypeAlias = Literal["waits", "digest", "message", "digested", "passed_on", "left_out", "nowhere"]


class Kept(Struct, frozen=True, array_like=True):
    """One post and its receipts. `post` None: only a receipt has come (`alert_id` ""), or all is settled.

    `said_*`: when it was last due on channels that take everything at once; `told_*`: when it was on the others, or
    when it went elsewhere: to a digest or a deputy, `went_to`.
    """

    post: Post | None = None
    outcomes: dict[str, Outcome] = {}
    said_at: int = 0
    said_by: Version | None = None
    at: int = 0
    alert_id: str = ""
    level: AlertLevel = "digest"
    way: Way = "waits"
    told_at: int = 0
    told_by: Version | None = None
    went_to: str = ""


class Digested(Struct, frozen=True, array_like=True):
    """A digest without all its receipts: which posts it shows, best first."""

    at: int
    shown: tuple[str, ...]
    ahead: tuple[Ahead, ...]
    waiting: int
    said_at: int
    said_by: Version
    outcomes: dict[str, Outcome] = {}


class Became(Struct, frozen=True, array_like=True):
    """What became of an alert. `heard_by`: the message of this row that said so first; `updates` as on its card."""

    version: Version
    as_of: int
    status: AlertStatus
    claimed_by: str
    heard_by: Version
    updates: int = 0
    until: int | None = None  # of a snooze
    hold_until: int | None = None  # inside it not all buttons are there


class Editing(Struct, frozen=True, array_like=True):
    """An alert that became another since it was told, on its way to where it stands.

    `said_to`: the channels that it was due on when it was said last. `awaited`: posts of it that were under way when it
    was heard, at `heard_at`.
    """

    alert: AlertCard
    said_at: int = 0
    said_by: Version | None = None
    said_to: tuple[str, ...] = ()
    heard_at: int = 0
    awaited: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = {}


class Expected(Struct, frozen=True, array_like=True):
    """What is ahead at a lost account. `told`: reason -> the date that a digest named."""

    version: Version
    outlook: Outlook | None
    told: dict[str, int] = {}


class Heard(Struct, frozen=True, array_like=True):
    """One piece of news of a lead and its receipts. `news` None: it is settled (`told`), or only a receipt has come."""

    news: LeadNews | None
    at: int
    outcomes: dict[str, Outcome] = {}
    said_at: int = 0
    said_by: Version | None = None
    told: bool = False


class Recipient(Struct, frozen=True, array_like=True):
    """One rep or team, or the news of one lead.

    `posts` and `news` by post_id, `digests` by theirs, `became` and `edits` by alert_id, `outlooks` by account_id.
    `told_today`: real-time messages of the local day `day` that count for the daily most. `erased`: the lead whose news
    this is was erased; nothing waits but that it left its audiences. `clock`: the time of day that a tick told last.
    """

    rules_version: ClassVar[str] = ""
    version: Version
    as_of: int
    wake_at: int | None = None
    posts: dict[str, Kept] = {}
    digests: dict[str, Digested] = {}
    became: dict[str, Became] = {}
    outlooks: dict[str, Expected] = {}
    absence: Absence | None = None
    day: int = 0
    told_today: int = 0
    news: dict[str, Heard] = {}
    edits: dict[str, Editing] = {}
    erased: bool = False
    clock: int = 0

    @property
    def now(self) -> int:
        """As of when something is said again: minutes in which nobody was there are not caught up on."""
        return max(self.as_of, self.clock)
