"""What the console reads. Every method raises ReadModelAway when Redis does not answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from running.wall_clock import utc_ms
from schemas.cards import AccountCard, AlertCard, LeadCard
from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD, REJECTED, Codec
from schemas.errors import Undecodable
from schemas.rejected import Kept
from streams.core.recipient.channel_state import WorkerChannels
from streams.readmodel.channels import spoken_lately
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.fills import NOTHING_FILLS, Filling, filling_of
from streams.readmodel.keys import Changed, Keys, Kind

__all__ = ["Freshness", "Lost", "Reader"]

T = TypeVar("T")
SPENT_S: Final = 7 * 86_400
PATIENCE_S: Final = 2.0  # a person waits
RETRIES: Final = 1
AT_ONCE: Final = 100
SHARED: Final = 20  # who share a browser are looked at
LISTEN_S: Final = 1.0  # below PATIENCE_S, or a quiet channel would look like a lost one
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 5.0
_CHANGED: Final[Codec[list[Changed]]] = Codec(list[Changed])
log = structlog.get_logger()


class Freshness(Struct, frozen=True):
    """When the projector was last alive (UTC ms), None = it has not been seen yet; what is being read again."""

    beat: int | None
    filling: Filling = NOTHING_FILLS


class Lost(Struct, frozen=True):
    """Redis does not answer. `since` = when it last did (UTC ms), None = it has not yet."""

    since: int | None


class Reader:
    """The reader's side of the read model: cards as structs, lists in the order in which they are shown."""

    def __init__(self, redis: Redis, *, keys: Keys | None = None) -> None:
        self._redis = redis
        self.keys = keys or Keys()
        self.answered_at: int | None = None  # when Redis last answered (UTC ms), None = not yet

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "Reader":
        """A reader of its own connections. Redis may be away; each question says so."""
        again = Retry(ExponentialBackoff(cap=0.5, base=0.05), RETRIES)
        return cls(Redis.from_url(url, socket_timeout=PATIENCE_S, retry=again), keys=Keys(prefix=prefix))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def changes(self) -> AsyncIterator[Changed | Lost | None]:
        """Which cards change, as it happens. None = listening has begun (again): what came before was not heard.

        Never ends; where Redis is away it says so once, waits and connects again.
        """
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as listener:
                    await listener.subscribe(self.keys.live)
                    await self.ready()
                    yield None
                    wait_s = FIRST_WAIT_S
                    while True:
                        message = await listener.get_message(timeout=LISTEN_S)
                        if message is None:  # quiet, or hung
                            await self.ready()
                            continue
                        for change in _CHANGED.decode(message["data"]):
                            yield change
            except (ReadModelAway, RedisError, OSError, Undecodable) as error:
                log.warning("live_channel_lost", error=type(error).__name__, again_s=wait_s)
                yield Lost(self.answered_at)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def ready(self) -> None:
        """Whether Redis answers."""
        await self._ask(self._redis.ping())

    async def freshness(self) -> Freshness:
        """How old the projection is."""
        both = self._redis.pipeline(transaction=False)
        both.get(self.keys.beat)
        both.hvals(self.keys.filled)
        beat, states = await self._ask(both.execute())
        return Freshness(int(beat) if beat is not None and beat.isdigit() else None, filling_of(states))

    async def channels(self, now: int) -> list[WorkerChannels]:
        """How the channels of each worker stand that spoke lately."""
        return spoken_lately(await self._ask(self._redis.hvals(self.keys.channels)), now=now)

    async def lead(self, lead_id: str) -> LeadCard | None:
        """One lead's card."""
        return await self._one("lead", lead_id, LEAD_CARD)

    async def account(self, account_id: str) -> AccountCard | None:
        """One account's card."""
        return await self._one("account", account_id, ACCOUNT_CARD)

    async def alert(self, alert_id: str) -> AlertCard | None:
        """One alert's card."""
        return await self._one("alert", alert_id, ALERT_CARD)

    async def alerts(self, alert_ids: Sequence[str]) -> list[AlertCard]:
        """Those of these alerts that are known, in this order."""
        return await self.many("alert", alert_ids, ALERT_CARD)

    async def count_open(self) -> int:
        """How many alerts nobody has claimed."""
        return int(await self._ask(self._redis.zcard(self.keys.index("alerts:open"))))

    async def size(self, index: str) -> int:
        """How many stand in a list."""
        return int(await self._ask(self._redis.zcard(self.keys.index(index))))

    async def leads(self, *, limit: int, start: int = 0) -> list[LeadCard]:
        """Leads by score, greatest first, from the place `start` on."""
        return await self.many("lead", await self.ids("leads:by_score", limit, start=start), LEAD_CARD)

    async def accounts(self, *, limit: int, start: int = 0) -> list[AccountCard]:
        """Accounts by engagement, greatest first, from the place `start` on."""
        ids = await self.ids("accounts:by_engagement", limit, start=start)
        return await self.many("account", ids, ACCOUNT_CARD)

    async def rejected(self, *, limit: int = 1_000) -> AsyncIterator[Kept]:
        """The newest rejected, newest first; fetched some at a time."""
        ids = await self.ids("rejected:by_time", limit)
        for first in range(0, len(ids), AT_ONCE):
            for kept in await self._kept(ids[first : first + AT_ONCE]):
                yield kept

    async def rejected_at(self, place: str) -> Kept | None:
        """One of them by its place, `2:991`; None where it is not among the newest any more."""
        found = await self._kept([place])
        return found[0] if found else None

    async def _kept(self, ids: Sequence[str]) -> list[Kept]:
        names = [*ids, *(f"{one}:replayed" for one in ids)]
        values = await self._ask(self._redis.hmget(self.keys.cards("rejected"), names))
        found: list[Kept] = []
        for place, body, note in zip(ids, values, values[len(ids) :], strict=False):
            partition, _, offset = place.partition(":")
            if body is not None and partition.isdigit() and offset.isdigit():
                records = _readable(REJECTED, [body])
                found += [Kept(int(partition), int(offset), one, replayed=note is not None) for one in records]
        return found

    async def leads_of(self, visitor_id: str) -> list[str]:
        """Leads whose cards name this browser: none, one, or several who share it."""
        start = visitor_id.encode("utf-8", "replace") + b"\0"
        question = self._redis.zrangebylex(self.keys.by_visitor, b"[" + start, b"(" + start + b"\xff", 0, SHARED)
        return [one[len(start) :].decode() for one in await self._ask(question)]

    async def run(self, script: str, names: Sequence[str], arguments: Sequence[str | int]) -> Any:
        """What a script answers. Redis keeps it by its hash, so it is sent whole only where it is not known yet."""
        return await self._ask(self._redis.register_script(script)(keys=names, args=arguments))

    async def spend(self, link_id: str) -> bool:
        """Use up a one-time link; False where it was used before."""
        return bool(await self._ask(self._redis.set(self.keys.spent(link_id), 1, nx=True, ex=SPENT_S)))

    async def ids(self, index: str, limit: int, *, start: int = 0) -> list[str]:
        """The first ids of a sorted set from the place `start` on, the greatest rank first."""
        found = await self._ask(self._redis.zrevrange(self.keys.index(index), start, start + limit - 1))
        return [one.decode() for one in found]

    async def _one(self, kind: Kind, card_id: str, codec: Codec[T]) -> T | None:
        found = await self.many(kind, [card_id], codec)
        return found[0] if found else None

    async def many(self, kind: Kind, ids: Sequence[str], codec: Codec[T]) -> list[T]:
        """Those of these cards that are known, in this order."""
        return list(_readable(codec, await self._values(kind, ids)))

    async def _values(self, kind: Kind, ids: Sequence[str]) -> list[bytes]:
        if not ids:
            return []
        found = await self._ask(self._redis.hmget(self.keys.cards(kind), list(ids)))
        return [value for value in found if value is not None]

    async def _ask(self, asked: Any) -> Any:
        """The client's types say "awaitable or not"; ours is always the first."""
        try:
            answer = await asked
        except (RedisError, OSError) as error:
            raise ReadModelAway(type(error).__name__) from error
        self.answered_at = utc_ms()
        return answer


def _readable(codec: Codec[T], values: Iterable[bytes]) -> Iterator[T]:
    """The cards that can be read; one of another format (an upgrade under way) does not take the page along."""
    for value in values:
        try:
            yield codec.decode(value)
        except Undecodable as error:
            log.warning("card_unreadable", reason=error.reason, detail=error.detail)
