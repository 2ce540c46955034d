"""Cards into Redis: many in one call, of each the newest version wins. The client is synchronous: it blocks.

The client's objects per command are the cost, and so are copies of what is large: hundreds of cards travel as one
argument, written into a buffer that is kept and handed to the socket as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from io import BytesIO
from typing import Any, Final, TypeAlias

import structlog
from msgspec import Struct, msgpack
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.connection import PythonRespSerializer
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from schemas.codec import Codec
from schemas.errors import Undecodable
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import ALERT_STATUSES, Keys, Kind
from streams.readmodel.members import LEFT_KEPT, audience_keys, changes_of
from streams.readmodel.places import Place, Placed, account_place, alert_place, lead_place
from streams.readmodel.terms import SEPARATOR, account_terms, lead_terms

__all__ = ["REJECTED_KEPT", "Entry", "Projection", "connected"]

Entry: TypeAlias = tuple[str, bytes]
"""A card: its id, its JSON. For rejected ones any id that a copy would have too, such as its offset."""

REJECTED_KEPT: Final = 1_000
IS_A_NOTE: Final = -1
LAST_VERSION: Final = b"9" * 30  # of a card that was erased: a late one does not come back
AT_ONCE: Final = 500
MOST_BYTES: Final = 4 * 1024 * 1024  # of one call: Redis is busy with it for some 20 ms
PATIENCE_S: Final = 3.0
RETRIES: Final = 1  # a connection that a restart cut off is no reason to wait; all else is the caller's patience
CUT_OFF: Final = 6_000  # bytes: redis-py's own
_Newest: TypeAlias = tuple[str, Placed, bytes]
# What a card is found by, and the field behind those that it is made of (cards.lua looks for a change before it).
SEARCHED: Final[Mapping[Kind, tuple[Callable[[bytes], tuple[str, ...]], str]]] = {
    "lead": (lead_terms, '","traits":'), "account": (account_terms, '","stage":'),
}  # fmt: skip

_log = structlog.get_logger(__name__)


class _RejectedPlace(Struct, frozen=True):
    at: int
    replayed_partition: int | None = None  # of a note
    replayed_offset: int | None = None


_REJECTED: Final[Codec[_RejectedPlace]] = Codec(_RejectedPlace)


def connected(url: str) -> Redis:
    """A client for writing. Redis may be away: each question waits a few seconds and fails."""
    again = Retry(ExponentialBackoff(cap=0.5, base=0.05), RETRIES)
    # Its other packer, in C, copies each argument twice; this one hands long ones on.
    packer = PythonRespSerializer(CUT_OFF, _argument)
    return Redis.from_url(url, socket_timeout=PATIENCE_S, retry=again, command_packer=packer)


class Projection:
    """The writer's side of the read model. Raises ReadModelAway where Redis does not answer, refuses or is full.

    One thread at a time may `write`.
    """

    def __init__(self, redis: Redis, *, keys: Keys | None = None) -> None:
        self._redis = redis
        self._keys = keys or Keys()
        self._sha: dict[str, str] = {}
        self._joined = BytesIO()

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "Projection":
        """A projection of its own connection. Redis may be away; each call says so."""
        return cls(connected(url), keys=Keys(prefix=prefix))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def write(
        self, *, leads: Sequence[Entry] = (), accounts: Sequence[Entry] = (), alerts: Sequence[Entry] = (),
        rejected: Sequence[Entry] = (), erased: Sequence[str] = (),
    ) -> int:  # fmt: skip
        """Write what is newer than what is there and announce it. Alerts go first. Answers how many cards changed.

        Leads that are `erased` go for good.

        A card that cannot be read is left out and logged: we wrote it ourselves, so it is a bug and not poison.
        """
        changed = self._cards(
            "alert", alerts, slots=[f"alerts:{status}" for status in ALERT_STATUSES], place=alert_place
        )
        changed += self._cards("account", accounts, slots=["accounts:by_engagement"], place=account_place)
        changed += self._cards("lead", leads, slots=["leads:by_score"], place=lead_place)
        self._rejected(rejected)
        return changed + self._erase("lead", erased, slots=["leads:by_score"])

    def beat(self, now: int) -> None:
        """Say that the projector is alive at `now` (UTC ms), also when there is nothing to write."""
        try:
            self._redis.set(self._keys.beat, now)
        except RedisError as error:
            raise ReadModelAway("beat") from error

    def _cards(self, kind: Kind, cards: Sequence[Entry], *, slots: Sequence[str], place: Place) -> int:
        ours = [self._keys.cards(kind), self._keys.versions(kind), self._keys.named(kind)]
        names = [*ours, *(self._keys.index(slot) for slot in slots)]
        visited = kind == "lead"
        if visited:
            names += [self._keys.visitors, self._keys.by_visitor]
        _, behind = SEARCHED.get(kind, (None, ""))
        changed = 0
        for some in _bounded(_newest(kind, cards, place)):
            ids, placed, bodies = zip(*some, strict=True)
            versions, slots, ranks, _ = zip(*placed, strict=True)
            told = msgpack.encode((ids, b"".join(versions).decode(), slots, ranks, [*map(len, bodies)]))
            with self._end_to_end(bodies) as joined:
                said = [self._keys.live, kind, told, joined, behind, int(visited)]
                count, *renamed = self._run("cards.lua", names, said)
            changed += int(count)
            if renamed:
                self._rename(kind, some, renamed)
            if kind == "lead":
                self._enlist(some)
        return changed

    def _erase(self, kind: Kind, ids: Sequence[str], *, slots: Sequence[str]) -> int:
        if not ids:
            return 0
        ours = [self._keys.cards(kind), self._keys.versions(kind), self._keys.named(kind), self._keys.terms(kind),
                self._keys.visitors, self._keys.by_visitor]  # fmt: skip
        lists = audience_keys(self._keys, self._audiences())
        names = [*ours, *(self._keys.index(slot) for slot in slots), *lists]
        return int(self._run("erase.lua", names, [self._keys.live, kind, LAST_VERSION, *ids]))

    def _rename(self, kind: Kind, cards: Sequence[_Newest], renamed: Sequence[Any]) -> None:
        """`renamed`: places among the cards (from 1) and what each says of its name now, by turns."""
        terms_of, _ = SEARCHED[kind]
        told = []
        for number, naming in zip(renamed[::2], renamed[1::2], strict=True):
            card_id, placed, body = cards[number - 1]
            says = naming.decode(errors="replace")
            told.append((card_id, placed[0].decode(), says, SEPARATOR.join(_terms(terms_of, body))))
        names = [self._keys.versions(kind), self._keys.named(kind), self._keys.terms(kind)]
        self._run("terms.lua", names, [msgpack.encode(told)])

    def _enlist(self, cards: Sequence[_Newest]) -> None:
        """Into the lists of audiences. Who dies before it writes the same cards again, and then enlists them."""
        names, changes = changes_of(cards)
        if changes:
            keys = [self._keys.versions("lead"), self._keys.audiences, *audience_keys(self._keys, names)]
            self._run("members.lua", keys, [LEFT_KEPT, msgpack.encode((names, changes))])

    def _audiences(self) -> list[str]:
        """Those that have lists."""
        try:
            held: Any = self._redis.smembers(self._keys.audiences)
        except RedisError as error:
            raise ReadModelAway(f"audiences: {error}") from error
        return sorted(one.decode() for one in held)

    @contextmanager
    def _end_to_end(self, bodies: Sequence[bytes]) -> Iterator[memoryview]:
        """All cards in one piece. A fresh one each time would be paid for in pages that the kernel has to clear."""
        self._joined.seek(0)
        self._joined.writelines(bodies)
        with self._joined.getbuffer() as buffer, buffer[: self._joined.tell()] as joined:
            yield joined

    def _rejected(self, rejected: Sequence[Entry]) -> None:
        keys = [self._keys.cards("rejected"), self._keys.index("rejected:by_time")]
        times = list(_timed(rejected))
        for first in range(0, len(times), AT_ONCE):
            some = [field for one in times[first : first + AT_ONCE] for field in one]
            self._run("rejected.lua", keys, [self._keys.live, REJECTED_KEPT, *some])

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        try:
            if script not in self._sha:
                self._sha[script] = self._load(script)
            try:
                return self._redis.evalsha(self._sha[script], len(keys), *keys, *arguments)
            except NoScriptError:  # Redis was emptied or restarted
                return self._redis.evalsha(self._load(script), len(keys), *keys, *arguments)
        except RedisError as error:
            raise ReadModelAway(f"{script}: {error}") from error

    def _load(self, script: str) -> str:
        text = files("streams.readmodel").joinpath(script).read_text(encoding="utf-8")
        return str(self._redis.script_load(text))


def _newest(kind: Kind, cards: Sequence[Entry], place: Place) -> list[_Newest]:
    """Each card once."""
    newest: dict[str, _Newest] = {}
    for card_id, body in cards:
        try:
            placed = place(body)
        except Undecodable as error:
            _log.error("card_unreadable", kind=kind, reason=error.reason, detail=error.detail)
            continue
        kept = newest.get(card_id)
        if kept is None or kept[1][0] <= placed[0]:
            newest[card_id] = (card_id, placed, body)
    return list(newest.values())


def _terms(terms_of: Callable[[bytes], tuple[str, ...]], body: bytes) -> tuple[str, ...]:
    """None where the card cannot be read: it is kept, and not found."""
    try:
        return terms_of(body)
    except Undecodable as error:
        _log.error("card_unreadable", reason=error.reason, detail=error.detail)
        return ()


def _timed(rejected: Sequence[Entry]) -> Iterator[tuple[str, int, bytes]]:
    """Each with its time (UTC ms): a note that one was replayed has that one's id, and no time."""
    for name, body in rejected:
        try:
            said = _REJECTED.decode(body)
            if said.replayed_offset is None:
                yield name, said.at, body
            else:
                yield f"{said.replayed_partition}:{said.replayed_offset}", IS_A_NOTE, body
        except Undecodable as error:
            _log.error("card_unreadable", kind="rejected", reason=error.reason, detail=error.detail)


def _argument(value: bytes | memoryview | str | int) -> bytes | memoryview:
    """As it travels."""
    return value if isinstance(value, bytes | memoryview) else str(value).encode()


def _bounded(cards: Sequence[_Newest]) -> Iterator[Sequence[_Newest]]:
    """Pieces that do not keep Redis busy for long."""
    first = size = 0
    for at, (_, _, body) in enumerate(cards):
        size += len(body)
        if at - first >= AT_ONCE or (size > MOST_BYTES and at > first):
            yield cards[first:at]
            first, size = at, len(body)
    if first < len(cards):
        yield cards[first:]
