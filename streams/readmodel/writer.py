"""Cards into Redis: many in one call, of each the newest version wins. The client is synchronous: it blocks."""

from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from typing import Any, Final, TypeAlias

from msgspec import Struct
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from schemas.activity import Version
from schemas.cards import AlertLevel, AlertStatus
from schemas.codec import Codec
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import ALERT_STATUSES, Keys, Kind, pack_version

__all__ = ["REJECTED_KEPT", "Entry", "Projection"]

Entry: TypeAlias = tuple[str, Version, bytes]
"""A card: its id, its version, its JSON. For rejected ones any id that a copy would have too, such as its offset."""

REJECTED_KEPT: Final = 1_000
AT_ONCE: Final = 500
PATIENCE_S: Final = 10.0
RETRIES: Final = 3


class _LeadPlace(Struct, frozen=True):
    score_tenths: int


class _AccountPlace(Struct, frozen=True):
    engagement_tenths: int


class _Strength(Struct, frozen=True):
    strength: int


class _AlertPlace(Struct, frozen=True):
    status: AlertStatus
    level: AlertLevel
    as_of: int
    strength: _Strength


class _RejectedPlace(Struct, frozen=True):
    at: int


_LEAD: Final[Codec[_LeadPlace]] = Codec(_LeadPlace)
_ACCOUNT: Final[Codec[_AccountPlace]] = Codec(_AccountPlace)
_ALERT: Final[Codec[_AlertPlace]] = Codec(_AlertPlace)
_REJECTED: Final[Codec[_RejectedPlace]] = Codec(_RejectedPlace)
Place: TypeAlias = Callable[[bytes], tuple[int, int]]


def _lead_place(body: bytes) -> tuple[int, int]:
    return 1, _LEAD.decode(body).score_tenths


def _account_place(body: bytes) -> tuple[int, int]:
    return 1, _ACCOUNT.decode(body).engagement_tenths


def _alert_place(body: bytes) -> tuple[int, int]:
    """Open ones by level and strength, closed ones by when they were closed."""
    card = _ALERT.decode(body)
    urgency = (1_000 if card.level == "real_time" else 0) + card.strength.strength
    score = urgency if card.status in ("open", "claimed") else card.as_of
    return ALERT_STATUSES.index(card.status) + 1, score


class Projection:
    """The writer's side of the read model. Raises ReadModelAway, and Undecodable before anything is written."""

    def __init__(self, redis: Redis, *, keys: Keys | None = None) -> None:
        self._redis = redis
        self._keys = keys or Keys()
        self._sha: dict[str, str] = {}

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "Projection":
        """A projection of its own connection. Redis may be away; each call says so."""
        again = Retry(ExponentialBackoff(cap=0.5, base=0.05), RETRIES)
        return cls(Redis.from_url(url, socket_timeout=PATIENCE_S, retry=again), keys=Keys(prefix=prefix))

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def write(
        self, *, leads: Sequence[Entry] = (), accounts: Sequence[Entry] = (), alerts: Sequence[Entry] = (),
        rejected: Sequence[Entry] = (),
    ) -> int:  # fmt: skip
        """Write what is newer than what is there and announce it. Alerts go first. Answers how many cards changed."""
        changed = self._cards(
            "alert", alerts, slots=[f"alerts:{status}" for status in ALERT_STATUSES], place=_alert_place
        )
        changed += self._cards("account", accounts, slots=["accounts:by_engagement"], place=_account_place)
        changed += self._cards("lead", leads, slots=["leads:by_score"], place=_lead_place)
        self._rejected(rejected)
        return changed

    def beat(self, now: int) -> None:
        """Say that the projector is alive at `now` (UTC ms), also when there is nothing to write."""
        try:
            self._redis.set(self._keys.beat, now)
        except RedisError as error:
            raise ReadModelAway("beat") from error

    def _cards(self, kind: Kind, cards: Sequence[Entry], *, slots: Sequence[str], place: Place) -> int:
        keys = [self._keys.cards(kind), *(self._keys.index(slot) for slot in slots)]
        return sum(
            int(self._run("cards.lua", keys, [self._keys.live, kind, *some]))
            for some in _wide(_placed(cards, place), of_each=5)
        )

    def _rejected(self, rejected: Sequence[Entry]) -> None:
        keys = [self._keys.cards("rejected"), self._keys.index("rejected:by_time")]
        flat = ((name, _REJECTED.decode(body).at, body) for name, _, body in rejected)
        for some in _wide([field for one in flat for field in one], of_each=3):
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
            raise ReadModelAway(script) from error

    def _load(self, script: str) -> str:
        text = files("streams.readmodel").joinpath(script).read_text(encoding="utf-8")
        return str(self._redis.script_load(text))


def _placed(cards: Sequence[Entry], place: Place) -> list[Any]:
    """Five arguments of each card, all decoded before the first is sent."""
    flat: list[Any] = []
    for card_id, version, body in cards:
        flat += (card_id, pack_version(version), *place(body), body)
    return flat


def _wide(flat: Sequence[Any], *, of_each: int) -> Iterator[Sequence[Any]]:
    """Pieces that do not keep Redis busy for long."""
    step = of_each * AT_ONCE
    return (flat[first : first + step] for first in range(0, len(flat), step))
