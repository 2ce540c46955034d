"""Cards into Redis: many in one call, of each the newest version wins. The client is synchronous: it blocks.

The client's objects per command and per card are the cost: hundreds of cards travel as one argument (`wire.py`), and
what is known of them lies side by side, in columns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import Any, Final, TypeAlias

import structlog
from msgspec import Struct, msgpack
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from schemas.codec import Codec
from schemas.errors import Undecodable
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import ALERT_STATUSES, Keys, Kind
from streams.readmodel.members import LEFT_KEPT, audience_keys, changes_of
from streams.readmodel.places import Place, Placed, account_place, alert_place, lead_place
from streams.readmodel.terms import SEPARATOR, account_terms, lead_terms
from streams.readmodel.wire import Argument, Packer, Wire

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
# What a card is found by, and the field behind those that it is made of (cards.lua looks for a change before it).
SEARCHED: Final[Mapping[Kind, tuple[Callable[[bytes], tuple[str, ...]], str]]] = {
    "lead": (lead_terms, '","traits":'), "account": (account_terms, '","stage":'),
}  # fmt: skip

_log = structlog.get_logger(__name__)


class _RejectedPlace(Struct, frozen=True):
    at: int
    replayed_partition: int | None = None  # of a note
    replayed_offset: int | None = None


class _Cards(Struct, frozen=True):
    """Some cards of one kind, each once: what is at one place of the columns belongs together."""

    ids: Sequence[str]
    placed: Sequence[Placed]
    bodies: Sequence[bytes]

    def part(self, first: int, end: int) -> "_Cards":
        """From place `first` to before place `end`."""
        return _Cards(self.ids[first:end], self.placed[first:end], self.bodies[first:end])


_REJECTED: Final[Codec[_RejectedPlace]] = Codec(_RejectedPlace)


def connected(url: str) -> Redis:
    """A client for writing. Redis may be away: each question waits a few seconds and fails."""
    again = Retry(ExponentialBackoff(cap=0.5, base=0.05), RETRIES)
    return Redis.from_url(url, socket_timeout=PATIENCE_S, retry=again, command_packer=Packer())


class Projection:
    """The writer's side of the read model. Raises ReadModelAway where Redis does not answer, refuses or is full.

    `redis` is a client of `connected`: commands are handed to it whole. One thread at a time may `write`.
    """

    def __init__(self, redis: Redis, *, keys: Keys | None = None) -> None:
        self._redis = redis
        self._keys = keys or Keys()
        self._sha: dict[str, str] = {}
        self._wire = Wire()

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
            versions, places, ranks, in_audiences = zip(*some.placed, strict=True)
            told = msgpack.encode((some.ids, b"".join(versions).decode(), places, ranks, [*map(len, some.bodies)]))
            said: list[Argument] = [self._keys.live, kind, told, some.bodies, behind, int(visited)]
            count, *renamed = self._run("cards.lua", names, said)
            changed += int(count)
            if renamed:
                self._rename(kind, some, renamed)
            if any(in_audiences):
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

    def _rename(self, kind: Kind, cards: _Cards, renamed: Sequence[Any]) -> None:
        """`renamed`: places among the cards (from 1) and what each says of its name now, by turns."""
        terms_of, _ = SEARCHED[kind]
        told = []
        for number, naming in zip(renamed[::2], renamed[1::2], strict=True):
            version, *_ = cards.placed[number - 1]
            terms = SEPARATOR.join(_terms(terms_of, cards.bodies[number - 1]))
            told.append((cards.ids[number - 1], version.decode(), naming.decode(errors="replace"), terms))
        names = [self._keys.versions(kind), self._keys.named(kind), self._keys.terms(kind)]
        self._run("terms.lua", names, [msgpack.encode(told)])

    def _enlist(self, cards: _Cards) -> None:
        """Into the lists of audiences. Who dies before it writes the same cards again, and then enlists them."""
        names, changes = changes_of(list(zip(cards.ids, cards.placed, cards.bodies, strict=True)))
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

    def _rejected(self, rejected: Sequence[Entry]) -> None:
        keys = [self._keys.cards("rejected"), self._keys.index("rejected:by_time")]
        times = list(_timed(rejected))
        for first in range(0, len(times), AT_ONCE):
            some = [field for one in times[first : first + AT_ONCE] for field in one]
            self._run("rejected.lua", keys, [self._keys.live, REJECTED_KEPT, *some])

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        try:
            if script not in self._sha:
                self._sha[script] = self._load(script)
            evalsha = partial(self._redis.execute_command, "EVALSHA")
            with self._wire.packed("EVALSHA", self._sha[script], len(keys), *keys, *arguments) as whole:
                try:
                    return evalsha(whole)
                except NoScriptError:  # Redis was emptied or restarted
                    self._load(script)
                    return evalsha(whole)
        except RedisError as error:
            raise ReadModelAway(f"{script}: {error}") from error

    def _load(self, script: str) -> str:
        text = files("streams.readmodel").joinpath(script).read_text(encoding="utf-8")
        return str(self._redis.script_load(text))


def _newest(kind: Kind, cards: Sequence[Entry], place: Place) -> _Cards:
    """Each card once. Almost always each came once, and can be read."""
    try:
        placed = [place(body) for _, body in cards]
    except Undecodable:
        return _newest(kind, list(_readable(kind, cards, place)), place)
    ids, bodies = [card_id for card_id, _ in cards], [body for _, body in cards]
    if len(set(ids)) == len(ids):
        return _Cards(ids, placed, bodies)
    newest: dict[str, int] = {}
    for at, card_id in enumerate(ids):
        if placed[newest.get(card_id, at)][0] <= placed[at][0]:
            newest[card_id] = at
    return _Cards(list(newest), [placed[at] for at in newest.values()], [bodies[at] for at in newest.values()])


def _readable(kind: Kind, cards: Sequence[Entry], place: Place) -> Iterator[Entry]:
    for card_id, body in cards:
        try:
            place(body)
        except Undecodable as error:
            _log.error("card_unreadable", kind=kind, reason=error.reason, detail=error.detail)
        else:
            yield card_id, body


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


def _bounded(cards: _Cards) -> Iterator[_Cards]:
    """Pieces that do not keep Redis busy for long: halves of halves, until they are small enough."""
    count = len(cards.ids)
    if count > 1 and (count > AT_ONCE or sum(map(len, cards.bodies)) > MOST_BYTES):
        yield from _bounded(cards.part(0, count // 2))
        yield from _bounded(cards.part(count // 2, count))
    elif count:
        yield cards
