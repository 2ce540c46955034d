"""What really came out: cards, rows, moves, alerts, posts and rejected, read from Kafka. Newest version wins."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct
from redis import Redis

from schemas.activity import Version
from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD, POSTS, TRANSITION, decode_rejected
from schemas.posts import Post
from schemas.rejected import Rejected
from streams.core.rows import ROWS, header
from streams.readmodel.keys import Keys, Kind
from tests.integration.bus import Bus, Record

__all__ = ["History", "Outcome", "projected", "read_outcome"]

C = TypeVar("C")


class History(Struct, Generic[C]):
    """All that was published under one key: in the order of the topic, and the newest."""

    published: list[C]
    newest: C


class Outcome(Struct, frozen=True, kw_only=True):
    """Everything that the application left behind."""

    leads: dict[str, History[LeadCard]]
    accounts: dict[str, History[AccountCard]]
    alerts: dict[str, History[AlertCard]]
    visitors: dict[str, Any]  # rows
    moves: dict[str, dict[int, list[Transition]]]  # lead -> number -> every record of it
    posts: dict[str, list[Post]]
    rejected: list[Rejected]


def _cards(records: list[Record], decode: Callable[[bytes], Any]) -> dict[str, History[Any]]:
    by_key: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        by_key[record.key].append(decode(record.value))
    return {key: History(cards, max(cards, key=lambda card: card.version)) for key, cards in by_key.items()}


def _rows(bus: Bus, table: str) -> dict[str, Any]:
    newest: dict[str, tuple[Version, bytes]] = {}
    for record in bus.read_full(f"{bus.group}-{table}-changelog"):
        version = header(record.value).version
        if record.key not in newest or version >= newest[record.key][0]:
            newest[record.key] = (version, record.value)
    return {key: ROWS[table].decode(raw) for key, (_, raw) in newest.items()}


def _moves(records: list[Record]) -> dict[str, dict[int, list[Transition]]]:
    found: dict[str, dict[int, list[Transition]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        move = TRANSITION.decode(record.value)
        found[move.lead_id][move.number].append(move)
    return found


def _posts(records: list[Record]) -> dict[str, list[Post]]:
    found: dict[str, list[Post]] = defaultdict(list)
    for record in records:
        messages, refused = POSTS.decode(record.value)
        assert not refused, refused
        for message in messages:
            if isinstance(message, Post):
                found[message.post_id].append(message)
    return found


def projected(redis_url: str, prefix: str) -> dict[str, dict[str, bytes]]:
    """What the read model holds: by kind, id -> JSON of the card."""
    keys = Keys(prefix=prefix)
    kinds: tuple[Kind, ...] = ("lead", "account", "alert")
    with Redis.from_url(redis_url) as redis:
        found = {kind: redis.hgetall(keys.cards(kind)) for kind in kinds}
    return {kind: {key.decode(): value for key, value in cards.items()} for kind, cards in found.items()}


def _values(bus: Bus, name: str) -> list[bytes]:
    return [record.value for record in bus.read(name)]


def read_outcome(bus: Bus) -> Outcome:
    """Read it all."""
    return Outcome(
        leads=_cards(bus.read("leads"), LEAD_CARD.decode), accounts=_cards(bus.read("accounts"), ACCOUNT_CARD.decode),
        alerts=_cards(bus.read("alerts"), ALERT_CARD.decode), visitors=_rows(bus, "visitors"),
        moves=_moves(bus.read("transitions")), posts=_posts(bus.read("posts")),
        rejected=[one for one in map(decode_rejected, _values(bus, "rejected")) if isinstance(one, Rejected)],
    )  # fmt: skip
