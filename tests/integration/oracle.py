"""What must come out: one process, one thread, the same folds, every unique event once, effects routed to the end.

Nothing of Kafka, Faust or the engine is in here, and each message is folded alone; what it shares with the worker is
the core. So it finds what moving, killing and copying do to the result, not what the core itself gets wrong: the
world's own plan (`world.py`) and the core's property tests do that.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from schemas.activity import Version
from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.codec import encode_block
from schemas.ids import is_deal
from schemas.posts import Post
from schemas.rejected import Rejected
from schemas.signals import Signal
from schemas.touches import Tick, Touch
from streams.core.effects import Effects
from streams.core.events.visits import decode_visits
from streams.core.lead import fold as lead
from streams.core.rules import Rules
from streams.core.signals import fold_signals
from streams.core.visitor import fold as visitor

__all__ = ["Oracle"]


class Oracle:
    """Rows and what they said, newest first kept."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.visitors: dict[str, Any] = {}
        self.lead_rows: dict[str, Any] = {}
        self.account_rows: dict[str, Any] = {}
        self.leads: dict[str, LeadCard] = {}
        self.accounts: dict[str, AccountCard] = {}
        self.alerts: dict[str, AlertCard] = {}
        self.moves: dict[str, dict[int, Transition]] = {}
        self.posts: dict[str, Post] = {}
        self.rejected: list[Rejected] = []
        self.filtered: Counter[str] = Counter()
        self._waiting: deque[tuple[str, Any]] = deque()
        self._offsets: Counter[str] = Counter()

    def visits(self, delivery: bytes) -> None:
        """One encoded delivery."""
        self.record(encode_block([delivery]))

    def record(self, value: bytes) -> None:
        """One record of `visits`."""
        decoded = decode_visits(value, self._rules)
        version = self._version("visits")
        self.rejected += [
            Rejected(at=0, reason=one.error.reason, detail="", source=one.source, raw=one.raw, offset=version.offset)
            for one in decoded.refused
        ]
        self.filtered.update(decoded.filtered)
        for facts in decoded.facts:
            version = self._version("visits")
            folded = visitor.fold(facts.to, self.visitors.get(facts.to), [facts], version=version, rules=self._rules)
            self.visitors[facts.to] = folded.row
            self._hear(folded.effects)
        self._settle()

    def signal(self, signal: Signal) -> None:
        """One signal from outside: a deal, a tick."""
        self._waiting.append(("signals", signal))
        self._settle()

    def touch(self, touch: Touch) -> None:
        """One touch from outside: a tick."""
        self._waiting.append(("touches", touch))
        self._settle()

    def close(self, at: int) -> None:
        """A tick for every lead and account, then it is `at` everywhere."""
        for touch in self.closing_touches(at):
            self.touch(touch)
        for signal in self.closing_signals(at):
            self.signal(signal)

    def closing_touches(self, at: int) -> Iterable[Tick]:
        return [Tick(to=key, at=at) for key in sorted(self.lead_rows)]

    def closing_signals(self, at: int) -> Iterable[Tick]:
        return [Tick(to=key, at=at) for key in sorted(self.account_rows) if not is_deal(key)]

    def _version(self, inbox: str) -> Version:
        self._offsets[inbox] += 1
        return Version(0, self._offsets[inbox])

    def _settle(self) -> None:
        while self._waiting:
            inbox, message = self._waiting.popleft()
            version = self._version(inbox)
            if inbox == "touches":
                row = self.lead_rows.get(message.to)
                folded = lead.fold(message.to, row, [message], version=version, rules=self._rules)
                self.lead_rows[message.to] = folded.row
            else:
                row = self.account_rows.get(message.to)
                folded = fold_signals(message.to, row, [message], version=version, rules=self._rules)
                self.account_rows[message.to] = folded.row
            self._hear(folded.effects)

    def _hear(self, effects: Effects) -> None:
        self._waiting.extend(("touches", one) for one in effects.touches)
        self._waiting.extend(("signals", one) for one in effects.signals)
        self.leads |= {one.lead_id: one for one in effects.leads}
        self.accounts |= {one.account_id: one for one in effects.accounts}
        self.alerts |= {one.alert_id: one for one in effects.alerts}
        for move in effects.transitions:
            self.moves.setdefault(move.lead_id, {})[move.number] = move
        self.posts |= {one.post_id: one for one in effects.posts if isinstance(one, Post)}
