"""What the log says must come out: every record of every inbox folded once, in its order, by nobody who crashes.

It knows the core and the log, and nothing of the engine. Whatever a worker did twice, late or beside another must
have left the same rows, byte for byte, and said the same.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from schemas.activity import Version
from schemas.cards import Transition
from schemas.codec import POSTS, SIGNALS, TOUCHES, encode
from schemas.posts import AlertUpdate, LeadNews, Post
from schemas.touches import Confirmation, LeadLink
from streams.core import signals
from streams.core.effects import Effects
from streams.core.events.visits import decode_visits
from streams.core.lead import fold as lead
from streams.core.recipient import fold as recipient
from streams.core.rows import ROWS
from streams.core.rules import Rules
from streams.core.visitor import fold as visitor
from tests.simulation.log import TABLES, Log
from tests.simulation.world import Published

__all__ = ["Heard", "Replay"]

SOURCES: Final = ("visitor_id", "contact", "deal_id", "lead_id", "account_id")
NEVER: Final = Version(-1, 0)
CODECS: Final[Mapping[str, Any]] = {"touches": TOUCHES, "signals": SIGNALS, "posts": POSTS}


def source_of(message: Any) -> str:
    """The row that a standing comes from."""
    return str(next(getattr(message, name) for name in SOURCES if hasattr(message, name)))


class Heard:
    """What was said to rows: the newest standing of each source at each receiver, and all that is no standing."""

    def __init__(self) -> None:
        self.standings: dict[tuple[str, str, str], Any] = {}
        self.others: set[bytes] = set()

    def hear(self, message: Any) -> None:
        """Posts, news, orders and what people say are left out: `judge.py` looks at them by themselves."""
        if isinstance(message, LeadNews):
            return
        if hasattr(message, "version"):
            name = (type(message).__name__, message.to, source_of(message))
            kept = self.standings.get(name)
            if kept is None or kept.version <= message.version:
                self.standings[name] = message
        elif isinstance(message, AlertUpdate):
            self._hear_update(message)
        elif isinstance(message, LeadLink | Confirmation):
            self.others.add(encode(message))

    def _hear_update(self, message: AlertUpdate) -> None:
        """The newest card wins: one that came between may have died with its worker."""
        name = ("AlertUpdate", message.to, f"{message.alert.alert_id} of {message.alert.account_id}")
        kept = self.standings.get(name)
        if kept is None or kept.alert.version <= message.alert.version:
            self.standings[name] = message


class Replay:
    """`rows`: of each table, as bytes by key. `cards`: topic -> key -> newest card."""

    def __init__(self, log: Log, rules: Rules, *, published: Sequence[Published], channels: frozenset[str]) -> None:
        self.values: dict[str, dict[str, Any]] = {table: {} for table in TABLES.values()}
        self.cards: dict[str, dict[str, Any]] = {"leads": {}, "accounts": {}, "alerts": {}}
        self.moves: dict[tuple[str, int], Transition] = {}
        self.posts: dict[str, Post] = {}
        self.news: dict[str, LeadNews] = {}
        self.tellers: dict[str, set[str]] = defaultdict(set)  # alert -> accounts that tell of it
        self.asks: Counter[tuple[str, int]] = Counter()  # how often a row came to want to be woken at a time
        self.heard = Heard()
        begins: Mapping[tuple[str, int], int] = {}
        for era in published:
            self._era(log, era.rules, channels, begins=begins, until=era.saved)
            begins = era.committed
        self._era(log, rules, channels, begins=begins, until=None)

    def _era(self, log: Log, rules: Rules, channels: frozenset[str], *, begins: Mapping[tuple[str, int], int],
             until: Mapping[tuple[str, str], Version] | None) -> None:  # fmt: skip
        """From where these rules began to read, as far as rows had got when they ended (None: to the end)."""
        told: dict[str, Any] = {"rules": rules}
        folds: dict[str, Callable[..., Any]] = {
            "visits": partial(visitor.fold, **told), "touches": partial(lead.fold, **told),
            "signals": partial(signals.fold_signals, **told),
            "posts": partial(recipient.fold, channels=channels, editing=channels, **told),
        }  # fmt: skip
        for inbox, fold in folds.items():
            for number in range(log.partitions):
                records = log.records(inbox, number)
                for offset in range(begins.get((inbox, number), 0), len(records)):
                    messages = self._messages(inbox, records[offset].value or b"[]", rules)
                    self._record(inbox, messages, partial(fold, version=Version(0, offset)), until)

    def rows(self, table: str) -> dict[bytes, bytes]:
        """As the changelog would have them."""
        return {key.encode(): ROWS[table].encode(row) for key, row in self.values[table].items()}

    def _messages(self, inbox: str, raw: bytes, rules: Rules) -> Sequence[Any]:
        messages: Sequence[Any] = decode_visits(raw, rules).facts if inbox == "visits" else CODECS[inbox].decode(raw)[0]
        return messages

    def _record(self, inbox: str, messages: Sequence[Any], fold: Any,
                until: Mapping[tuple[str, str], Version] | None) -> None:  # fmt: skip
        by_key: dict[str, list[Any]] = {}
        for one in messages:
            if until is None or until.get((TABLES[inbox], one.to), NEVER) >= fold.keywords["version"]:
                by_key.setdefault(one.to, []).append(one)
        rows = self.values[TABLES[inbox]]
        for key, block in by_key.items():
            try:
                self._fold(rows, key, block, fold)
            except Exception:  # noqa: BLE001  as the shell does: one by one, and what raises is left out
                for one in block:
                    with suppress(Exception):
                        self._fold(rows, key, [one], fold)

    def _fold(self, rows: dict[str, Any], key: str, block: Sequence[Any], fold: Callable[..., Any]) -> None:
        before = rows.get(key)
        rows[key], effects = fold(key, before, block)
        wake_at = getattr(rows[key], "wake_at", None)
        if wake_at is not None and wake_at != getattr(before, "wake_at", None):
            self.asks[key, wake_at] += 1
        self._hear(effects)

    def _hear(self, effects: Effects) -> None:
        self.cards["leads"] |= {one.lead_id: one for one in effects.leads}
        self.cards["accounts"] |= {one.account_id: one for one in effects.accounts}
        self.cards["alerts"] |= {one.alert_id: one for one in effects.alerts}
        for lead_id in effects.erased:
            self.cards["leads"].pop(lead_id, None)
        for alert in effects.alerts:
            self.tellers[alert.alert_id].add(alert.account_id)
        self.moves |= {(one.lead_id, one.number): one for one in effects.transitions}
        for message in (*effects.touches, *effects.signals, *effects.posts):
            self.heard.hear(message)
        self.posts |= {one.post_id: one for one in effects.posts if isinstance(one, Post)}
        self.news |= {one.post_id: one for one in effects.posts if isinstance(one, LeadNews)}
