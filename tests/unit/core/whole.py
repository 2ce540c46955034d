"""The whole core without any engine: rows in dicts, each effect folded at once, a clock that wakes rows in time."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from schemas.activity import Version
from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.delivery import Delivery, Trust, VisitorOrder
from schemas.posts import Receipt
from schemas.touches import Tick
from streams.core.effects import Due, Effects
from streams.core.errors import CoreError
from streams.core.events.facts import Facts, Ordered
from streams.core.lead import fold as lead
from streams.core.recipient import fold as recipient
from streams.core.rules import Rules
from streams.core.signals import fold_signals
from streams.core.visitor import fold as visitor
from tests.unit.core.made import RULES, delivery, routed

CHANNELS: Final = frozenset({"webhook", "memory"})  # what routing.toml does not name is passed over


class WholeCore:
    """Four tables and what was said to the outside, the newest of each."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.files: dict[str, str] = {}  # what these rules were read from, where journeys publish others
        self.rows: dict[str, dict[str, Any]] = {"visitors": {}, "leads": {}, "accounts": {}, "recipients": {}}
        self.leads: dict[str, LeadCard] = {}
        self.accounts: dict[str, AccountCard] = {}
        self.alerts: dict[str, AlertCard] = {}
        self.moves: dict[tuple[str, int], Transition] = {}
        self.dues: list[Due] = []
        self.refused: list[str] = []
        self.due_at: list[int] = []
        self.now = 0
        self._offset = 0
        self._waiting: deque[tuple[str, Any]] = deque()

    def event(
        self, event: dict[str, Any], *, at: int, source: str = "site", trust: Trust = "claimed", ip: str | None = None
    ) -> None:
        """One event, received at `at`."""
        self.wait(at)
        sent: Delivery = delivery(at=at, source=source, trust=trust, ip=ip)
        said = routed(event, sent, self.rules)
        if isinstance(said, Facts):
            self.hears("visitors", said)

    def order(self, said: VisitorOrder) -> None:
        """What an operator orders about a browser."""
        self.wait(said.at)
        self.hears("visitors", _facts(said))

    def hears(self, table: str, *messages: Any) -> None:
        """Messages to one table, and all that follows from them."""
        self._waiting += [(table, message) for message in messages]
        while self._waiting:
            self._fold(*self._waiting.popleft())

    def wait(self, until: int) -> None:
        """Wakes every row that asked for it up to `until`, in the order of their times."""
        while due := sorted((at, table, key) for table, key, at in self._asleep() if at <= until):
            at, table, key = due[0]
            self.hears(table, Tick(to=key, at=at))
        self.now = max(self.now, until)

    def publish(self, rules: Rules, *, at: int) -> None:
        """New rules: the clock wakes every lead and account that others made."""
        self.wait(at)
        self.rules = rules
        for table in ("leads", "accounts"):
            for key, row in list(self.rows[table].items()):
                if row.rules_version not in ("", rules.version):
                    self.hears(table, Tick(to=key, at=at))

    def _asleep(self) -> list[tuple[str, str, int]]:
        rows = ((table, key, row) for table, held in self.rows.items() for key, row in held.items())
        return [(table, key, row.wake_at) for table, key, row in rows if row.wake_at is not None]

    def _fold(self, table: str, message: Any) -> None:
        self._offset += 1
        key, version, row = message.to, Version(0, self._offset), self.rows[table].get(message.to)
        told: dict[str, Any] = {"version": version, "rules": self.rules}
        match table:
            case "visitors":
                after = visitor.fold(key, row, [message], **told)
            case "leads":
                after = lead.fold(key, row, [message], **told)
            case "accounts":
                try:
                    after = fold_signals(key, row, [message], **told)
                except CoreError as error:  # it is rejected, and the row is as it was
                    self.refused.append(f"{type(error).__name__}: {error}")
                    return
            case _:
                after = recipient.fold(key, row, [message], channels=CHANNELS, **told)
        self.rows[table][key] = after.row
        self._say(after.effects)

    def _say(self, effects: Effects) -> None:
        for touch in effects.touches:
            self._waiting.append(("leads", touch))
        for signal in effects.signals:
            self._waiting.append(("accounts", signal))
        for order in effects.orders:
            self._waiting.append(("visitors", _facts(order)))
        for post in effects.posts:
            self._waiting.append(("recipients", post))
        for due in effects.dues:
            self.dues.append(due)
            self.due_at.append(self.rows["recipients"][due.post.to].as_of)
            # A channel is faster than days pass: its receipt comes before what else follows.
            self._waiting.appendleft(("recipients", _receipt(due, at=self.due_at[-1])))
        self.leads |= {one.lead_id: one for one in effects.leads}
        for lead_id in effects.erased:
            self.leads.pop(lead_id, None)
        self.accounts |= {one.account_id: one for one in effects.accounts}
        self.alerts |= {one.alert_id: one for one in effects.alerts}
        for move in effects.transitions:
            assert self.moves.setdefault((move.lead_id, move.number), move) == move


def _facts(said: VisitorOrder) -> Facts:
    ordered = Ordered(said.lead_id, said.at, said.kind)
    return Facts(to=said.to, received_at=said.at, at=said.at, orders=(ordered,))


def _receipt(due: Due, *, at: int) -> Receipt:
    return Receipt(to=due.post.to, post_id=due.post.post_id, channel=due.channel, outcome="sent", at=at)


def moves_of(core: WholeCore, lead_id: str) -> Sequence[Transition]:
    """One lead's moves in order."""
    return [move for (whose, _), move in sorted(core.moves.items()) if whose == lead_id]
