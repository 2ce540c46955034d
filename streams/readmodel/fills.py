"""What this Redis holds of the card topics, so that one that was emptied, replaced or restarted is noticed.

A part is one partition of one topic: `leads.3`. Its state is `run:<id>/<form>` once it was read to its end into the
Redis process of that id, in that form; it is `<mark> <done> <total>` while it is being read. An emptied Redis has no
states; another process (a restart, a fail-over to a replica that lacked the last second) has another id; what was
filled before cards were found by what they are found by now has another form.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.resources import files
from secrets import token_hex
from typing import Any, Final

from msgspec import Struct
from redis import Redis
from redis.exceptions import RedisError

from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import ALERT_STATUSES, Keys, Kind
from streams.readmodel.members import audience_keys
from streams.readmodel.writer import connected

__all__ = ["NOTHING_FILLS", "Filling", "Fills", "filling_of"]

RUN: Final = "run:"
FORM: Final = "visitors"  # another word here, and every Redis is filled anew
KINDS: Final[tuple[Kind, ...]] = ("lead", "account", "alert", "rejected")
IN_WORDS: Final[dict[Kind, str]] = {"lead": "leads", "account": "accounts", "alert": "alerts"}
INDEXES: Final = (
    "leads:by_score", "accounts:by_engagement", "rejected:by_time", *(f"alerts:{status}" for status in ALERT_STATUSES),
)  # fmt: skip


class Filling(Struct, frozen=True):
    """How far parts are read into Redis, in records. `parts`: how many are not complete."""

    parts: int
    done: int
    total: int


NOTHING_FILLS: Final = Filling(0, 0, 0)


def filling_of(states: Iterable[bytes]) -> Filling:
    """Summed up over the parts that are being read."""
    under_way = [state.split() for state in states if not state.startswith(RUN.encode())]
    counts = [(int(one[1]), int(one[2])) for one in under_way if len(one) == 3 and (one[1] + one[2]).isdigit()]
    if not under_way:
        return NOTHING_FILLS
    return Filling(len(under_way), sum(done for done, _ in counts), sum(total for _, total in counts))


class Fills:
    """The states. Blocks; raises ReadModelAway."""

    def __init__(self, redis: Redis, *, keys: Keys | None = None) -> None:
        self._redis = redis
        self._keys = keys or Keys()
        self._script = files("streams.readmodel").joinpath("fill.lua").read_text(encoding="utf-8")
        self._mark = token_hex(8)
        self._run = ""

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "Fills":
        """With a connection of its own."""
        return cls(connected(url), keys=Keys(prefix=prefix))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def lacking(self, parts: Sequence[str]) -> list[str]:
        """Those of these parts that this Redis does not hold to their end."""
        if not parts:
            return []
        run = self._asked(self._run_id).encode()
        states = self._asked(lambda: self._redis.hmget(self._keys.filled, list(parts)))
        return [part for part, state in zip(parts, states, strict=True) if state != run]

    def begin(self, part: str, *, total: int) -> None:
        """This part is read from its beginning, from now on by us."""
        self._mark = token_hex(8)
        self._run = self._asked(self._run_id)
        self._asked(lambda: self._redis.hset(self._keys.filled, part, f"{self._mark} 0 {total}"))

    def note(self, part: str, *, done: int, total: int) -> bool:
        """So far; False where Redis was emptied since `begin`, or somebody else began."""
        return self._replaced(part, f"{self._mark} {done} {total}")

    def end(self, part: str) -> bool:
        """It was read to its end; False as above."""
        return self._replaced(part, self._run)

    def states(self) -> dict[str, bytes]:
        """All that is known, by part."""
        found = self._asked(lambda: self._redis.hgetall(self._keys.filled))
        return {part.decode(): state for part, state in found.items()}

    def held(self) -> dict[str, int]:
        """How many cards there are, by their kind in words: what a rebuilding brought back."""
        counts = {kind: self._asked(partial(self._redis.hlen, self._keys.cards(kind))) for kind in IN_WORDS}
        return {IN_WORDS[kind]: int(count) for kind, count in counts.items()}

    def forget(self, *, cards: bool = False) -> None:
        """Nothing counts as filled any more; with `cards` they go too. Workers notice and read it all again."""
        names = [self._keys.filled]
        if cards:
            names += [self._keys.cards(kind) for kind in KINDS] + [self._keys.versions(kind) for kind in KINDS]
            names += [self._keys.named(kind) for kind in KINDS] + [self._keys.terms(kind) for kind in KINDS]
            names += [self._keys.index(index) for index in INDEXES] + [self._keys.visitors, self._keys.by_visitor]
            held: Any = self._asked(lambda: self._redis.smembers(self._keys.audiences))
            names += [self._keys.audiences, *audience_keys(self._keys, sorted(one.decode() for one in held))]
        self._asked(lambda: self._redis.unlink(*names))

    def _replaced(self, part: str, state: str) -> bool:
        ours = [self._keys.filled, part, self._mark, state]
        return bool(self._asked(lambda: self._redis.eval(self._script, 1, *ours)))

    def _run_id(self) -> str:
        server: Any = self._redis.info("server")
        return f"{RUN}{server.get('run_id', '')}/{FORM}"

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """The client's types say "awaitable or not"; ours is never the first."""
        try:
            return ask()
        except RedisError as error:
            raise ReadModelAway(f"fills: {error}") from error
