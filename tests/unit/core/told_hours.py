"""Recipients who keep hours: rules with reps in Seoul and Berlin, posts of many alerts, and a desk that hears them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.ids import alert_id_of, post_id_of
from schemas.posts import Absence, AlertUpdate, Digest, Edit, Outlook, Post, Receipt
from schemas.touches import Tick
from streams.core.effects import Due, Effects
from streams.core.recipient import fold as recipient
from streams.core.recipient.fold import Recipient
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import NAMING, files
from tests.unit.core.told import deal
from tests.unit.core.told_posts import DIGEST, REAL_TIME

__all__ = [
    "BERLIN", "BOTH", "DORA", "MINUTE", "ROUTING", "RULES", "SEOUL", "SLOW", "TEAM", "Desk", "absence", "alert", "at",
    "outlook", "post", "rules_with", "update",
]  # fmt: skip

MINUTE: Final = 60_000
TEAM: Final = "team:sales"
SEOUL: Final = NAMING.recipient_of("kim@us.example")
BERLIN: Final = NAMING.recipient_of("bea@us.example")
DORA: Final = NAMING.recipient_of("dora@us.example")
SLOW: Final = frozenset({"memory"})
BOTH: Final = frozenset({"memory", "webhook"})
ROUTING: Final = """
holidays = [2026-03-20, 2026-04-06]

[channels]
real_time = ["memory", "webhook"]
digest = ["memory", "webhook"]
at_once = ["webhook"]

[[rep]]
email = "bea@us.example"
timezone = "Europe/Berlin"

[[rep]]
email = "kim@us.example"
timezone = "Asia/Seoul"
language = "ko"

[[rep]]
email = "dora@us.example"
timezone = "Europe/Berlin"
"""


def rules_with(routing: str = ROUTING, **changed: tuple[str, str]) -> Rules:
    """The packaged rules with this routing.toml; `returns=(before, after)` changes that file."""
    told = files() | {"routing.toml": routing}
    for name, (before, after) in changed.items():
        assert before in told[f"{name}.toml"]
        told[f"{name}.toml"] = told[f"{name}.toml"].replace(before, after)
    return load_rules(told, naming=NAMING)


RULES: Final = rules_with()


def at(said: str, zone: str = "Europe/Berlin") -> int:
    """`2026-03-03 09:00` on the clocks of a place, as UTC milliseconds."""
    return int(datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


def alert(
    n: int, *, real_time: bool = True, strength: int | None = None, amount: float | None = None, offset: int = 1,
    **more: Any,
) -> AlertCard:  # fmt: skip
    """Alert number `n`, of a company of its own. `offset`: how new its card is."""
    card = (REAL_TIME if real_time else DIGEST).alert
    said = deal(deal_id=f"deal:crm:{n}", amount=amount, account_id=f"a{n}.example", at=more.pop("lost_at", 1_000))
    strong = replace(card.strength, strength=card.strength.strength if strength is None else strength)
    return replace(
        card, alert_id=alert_id_of(said.deal_id, 1), account_id=f"a{n}.example", deal=said, strength=strong,
        version=Version(0, offset), **more,
    )  # fmt: skip


def post(
    n: int, when: int, *, to: str = BERLIN, occasion: Any = "raised", level: Any = "real_time", **more: Any
) -> Post:
    """A post of alert number `n`."""
    card = alert(n, real_time=level == "real_time", **more)
    post_id = post_id_of(card.alert_id, level, to, occasion=occasion)
    return Post(to=to, post_id=post_id, level=level, at=when, alert=card, occasion=occasion)


def update(n: int, status: Any, *, by: str = "", when: int = 0, to: str = BERLIN, offset: int = 9) -> AlertUpdate:
    """What became of alert number `n`."""
    return AlertUpdate(to=to, alert=alert(n, offset=offset, status=status, claimed_by=by, as_of=when))


def absence(begins: int, ends: int, *, deputy: str = "", when: int = 0, to: str = BERLIN) -> Absence:
    """Somebody is away."""
    return Absence(to=to, at=when or begins, begins=begins, ends=ends, deputy=deputy)


def outlook(
    n: int, when: int, *, hold: int | None = None, contract: int | None = None, offset: int = 1, to: str = BERLIN,
    gone: bool = False,
) -> Outlook:  # fmt: skip
    """What is ahead at company number `n`."""
    return Outlook(
        to=to, account_id=f"a{n}.example", account_name=f"A{n}", version=Version(0, offset), at=when,
        deal=None if gone else deal(deal_id=f"deal:crm:{n}", people=()), hold_ends_at=hold, contract_ends_at=contract,
    )  # fmt: skip


class Desk:
    """One recipient, message after message; channels answer at once unless `answers` is False.

    `told` lists what came out: `10:00 memory real_time a1 raised`, on the clocks of `zone`.
    """

    def __init__(
        self, key: str = BERLIN, *, channels: frozenset[str] = SLOW, rules: Rules = RULES, zone: str = "Europe/Berlin",
        editing: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.key = key
        self.channels = channels
        self.editing = editing
        self.rules = rules
        self.zone = ZoneInfo(zone)
        self.row: Recipient | None = None
        self.told: list[str] = []
        self.dues: list[Due] = []
        self.sent: list[Any] = []
        self.bounds: list[str] = []
        self.answers = True
        self._offset = 0

    def hears(self, *messages: Any) -> Effects:
        """The clock runs up to the messages, then they are heard as one block."""
        self.runs(max((self._time(one) for one in messages), default=0))
        return self.folds(*messages)

    def folds(self, *messages: Any) -> Effects:
        """The messages as one block, and the receipts of what they made due."""
        self._offset += 1
        version = Version(0, self._offset)
        self.row, effects = recipient.fold(
            self.key, self.row, messages, version=version, rules=self.rules, channels=self.channels,
            editing=self.editing,
        )  # fmt: skip
        assert self.row.wake_at is None or self.row.wake_at > self.row.as_of
        self.sent += effects.posts
        self.bounds += effects.approximated
        self.dues += effects.dues
        self.told += [self._words(due) for due in effects.dues]
        if self.answers and effects.dues:
            self.folds(*(self.receipt(due) for due in effects.dues))
        return effects

    def runs(self, until: int) -> "Desk":
        """The clock wakes the row whenever it asked for it, up to then."""
        while self.row is not None and self.row.wake_at is not None and self.row.wake_at <= until:
            self.folds(Tick(to=self.key, at=self.row.wake_at))
        return self

    def receipt(self, due: Due, outcome: Any = "sent") -> Receipt:
        """What a channel answers."""
        assert self.row is not None
        return Receipt(to=self.key, post_id=due.post.post_id, channel=due.channel, outcome=outcome, at=self.row.as_of)

    def _words(self, due: Due) -> str:
        assert self.row is not None
        local = datetime.fromtimestamp(self.row.as_of / 1_000, self.zone)
        return f"{local:%m-%d %H:%M} {due.channel} {_what(due.post)}"

    @staticmethod
    def _time(message: Any) -> int:
        return message.alert.as_of if isinstance(message, AlertUpdate) else int(message.at)


def _what(told: Post | Digest | Edit) -> str:
    if isinstance(told, Edit):
        return f"edit {told.alert.account_id.partition('.')[0]} {told.alert.status}"
    if isinstance(told, Post):
        return f"{told.level} {_names([told])} {told.occasion}"
    ahead = [f"{one.account_id.partition('.')[0]}:{one.reason}" for one in told.ahead]
    return " ".join(["digest of", _names(told.posts), *ahead, f"+{told.waiting}" if told.waiting else ""]).strip()


def _names(posts: Sequence[Post]) -> str:
    return ",".join(one.alert.account_id.partition(".")[0] for one in posts)
