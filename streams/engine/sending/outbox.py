"""What folds say, gathered for the pump: blocks for inboxes, the newest card of each key, decisions held until safe.

Cards of leads and accounts wait for company: only the newest of each key leaves. Everything else rings at once.

Standings, cards of leads and accounts may leave before their row is acknowledged: they carry state and say their
version. Transitions, alerts, posts, dues and the end of a card decide something and wait for `Saved` (law 4: remember,
then announce).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.codec import encode, encode_block
from schemas.delivery import Delivery
from schemas.ids import transition_key
from schemas.orders import delivery_of
from schemas.rejected import Reason, Rejected
from schemas.topics import partition_of
from streams.core.effects import NOTHING, Due, Effects
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import Saved
from streams.metrics import Metrics

__all__ = ["BLOCK_BYTES", "RECORD_BYTES", "Outbox", "Record"]

BLOCK_BYTES: Final = 64 * 1024
RECORD_BYTES: Final = 900_000  # brokers refuse above 1 MB

_log = structlog.get_logger(__name__)


class Addressed(Protocol):
    """Any inbox message: `to` is the key of the row that it is for."""

    @property
    def to(self) -> str:
        """A row's key."""


class Record(NamedTuple):
    """One record, ready to be sent. `topic` is the short name."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None  # None: the key is nobody's any more


class _Block:
    __slots__ = ("messages", "size")

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.size = 2


class Outbox:
    """Everything that is said and not yet sent. `bell` rings when there is something to send."""

    def __init__(self, *, partitions: int, bell: Bell, deliver: Callable[[Due], None],
                 metrics: Metrics, now: Callable[[], int]) -> None:  # fmt: skip
        self._partitions = partitions
        self._bell = bell
        self._deliver = deliver
        self._metrics = metrics
        self._now = now
        self._ready: list[Record] = []
        self._blocks: dict[tuple[str, int], _Block] = {}
        self._cards: dict[tuple[str, str], Struct] = {}  # of leads and accounts
        self._decided: dict[tuple[str, str], Struct] = {}  # transitions and alerts
        self.gathered_bytes = 0
        self.held = 0

    def send(self, effects: Effects, *, after: Saved) -> None:
        """Takes in all that one fold says; its decisions wait for `after`."""
        if effects is NOTHING:
            return
        self._state(effects)
        if effects.transitions or effects.alerts or effects.posts or effects.dues or effects.erased:
            self.held += 1
            after.then(lambda: self._announce(effects))
            self._bell.soon()

    def _state(self, effects: Effects) -> None:
        """What carries state and need not wait for its row."""
        self._messages(effects)
        for lead in effects.leads:
            _newest(self._cards, ("leads", lead.lead_id), lead)
        for account in effects.accounts:
            _newest(self._cards, ("accounts", account.account_id), account)
        if effects.leads or effects.accounts:
            self._bell.later()
        for bound in effects.approximated:
            self._metrics.count("approximated", bound)
        if effects.passed_over:
            self._metrics.count("filtered", "erased", n=effects.passed_over)

    def _messages(self, effects: Effects) -> None:
        for touch in effects.touches:
            self.tell("touches", touch)
        for signal in effects.signals:
            self.tell("signals", signal)
        for order in effects.orders:
            self._put("visits", delivery_of(order, source="engine"), to=order.to)
        if effects.touches or effects.signals or effects.orders:
            self._bell.soon()

    def _announce(self, effects: Effects) -> None:
        self.held -= 1
        for move in effects.transitions:
            _newest(self._decided, ("transitions", transition_key(move.lead_id, move.number)), move)
        for alert in effects.alerts:
            _newest(self._decided, ("alerts", alert.alert_id), alert)
        for post in effects.posts:
            self.tell("posts", post)
        for due in effects.dues:
            self._deliver(due)
        for lead_id in effects.erased:
            self._cards.pop(("leads", lead_id), None)  # one that waits must not come behind
            self._ready.append(Record("leads", partition_of(lead_id, self._partitions), lead_id.encode(), None))
        for kind in ("transitions", "alerts", "posts", "dues", "erased"):
            if said := len(getattr(effects, kind)):
                self._metrics.count("decisions", kind, n=said)
        self._bell.soon()

    def tell(self, topic: str, message: Addressed) -> None:
        """One message to a row's inbox. It leaves in a block with others to the same partition."""
        self._put(topic, message, to=message.to)

    def _put(self, topic: str, message: Addressed | Delivery, *, to: str) -> None:
        raw = encode(message)
        if len(raw) > RECORD_BYTES:
            self._oversized(topic, raw)
            return
        where = (topic, partition_of(to, self._partitions))
        block = self._blocks.get(where)
        if block is None:
            block = self._blocks[where] = _Block()
        elif block.size + len(raw) >= BLOCK_BYTES:
            self._close(where, block)
            block = self._blocks[where] = _Block()
        block.messages.append(raw)
        block.size += len(raw) + 1
        self.gathered_bytes += len(raw)

    def say(self, topic: str, message: Addressed) -> None:
        """`tell`, from outside a fold: receipts and ticks."""
        self.tell(topic, message)
        self._bell.soon()

    def reject(self, rejected: Sequence[Rejected]) -> None:
        """Keeps what could not be used; the key is its source."""
        for one in rejected:
            self._metrics.count("rejected", one.reason.value)
            kept = encode(one)
            if len(kept) > RECORD_BYTES:
                kept = encode(replace(one, detail=f"{one.detail} (bytes left out)", raw=b""))
            self._record("rejected", one.source, kept)
        if rejected:
            self._bell.soon()

    def _oversized(self, topic: str, raw: bytes) -> None:
        _log.error("message_too_large", topic=topic, size=len(raw))
        self._metrics.count("oversized", topic)
        detail = f"{len(raw)} bytes for {topic}"
        self.reject([Rejected(at=self._now(), reason=Reason.TOO_LARGE, detail=detail, source="engine", raw=raw[:1024])])

    def _record(self, topic: str, key: str, value: bytes) -> None:
        self._ready.append(Record(topic, partition_of(key, self._partitions), key.encode(), value))
        self.gathered_bytes += len(value)

    def _close(self, where: tuple[str, int], block: _Block) -> None:
        self._ready.append(Record(where[0], where[1], None, encode_block(block.messages)))

    @property
    def cards(self) -> int:
        """Cards of leads and accounts that are not sent yet."""
        return len(self._cards)

    def take(self, *, everything: bool) -> list[Record]:
        """What was gathered, in the order of each partition: everything, or all but cards of leads and accounts."""
        for where, block in self._blocks.items():
            self._close(where, block)
        self._blocks.clear()
        self._encoded(self._decided)
        if everything:
            self._encoded(self._cards)
        ready, self._ready = self._ready, []
        self.gathered_bytes = 0
        return ready

    def _encoded(self, cards: dict[tuple[str, str], Struct]) -> None:
        for (topic, key), card in cards.items():
            value = encode(card)
            if len(value) > RECORD_BYTES:
                self._oversized(topic, value)
            else:
                self._record(topic, key, value)
        cards.clear()


def _newest(cards: dict[tuple[str, str], Struct], key: tuple[str, str], card: Struct) -> None:
    kept = cards.get(key)
    if kept is None or _version(kept) <= _version(card):
        cards[key] = card


def _version(card: Any) -> Version:
    version: Version = card.version
    return version
