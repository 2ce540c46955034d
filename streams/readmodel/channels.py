"""How channels stand, as workers say it: to be looked at, and for nothing else. A worker that is silent is left out."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import DecodeError, json
from redis import Redis, RedisError

from streams.core.recipient.channel_state import WorkerChannels
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import Keys
from streams.readmodel.writer import connected

__all__ = ["SILENT_MS", "ChannelBoard", "spoken_lately"]

SILENT_MS: Final = 30_000  # six times as long as a worker takes to say it again
FORGOTTEN_S: Final = 3_600  # the hash goes an hour after the last word of all

_DECODER: Final = json.Decoder(WorkerChannels)


class ChannelBoard:
    """Where one worker says it."""

    def __init__(self, redis: Redis, *, keys: Keys) -> None:
        self._redis = redis
        self._key = keys.channels

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "ChannelBoard":
        """A client of its own. Nothing is sent yet."""
        return cls(connected(url), keys=Keys(prefix))

    def tell(self, said: WorkerChannels) -> None:
        """The newest word of this worker; words of workers that are long silent go. Raises ReadModelAway."""
        try:
            kept: Any = self._redis.hgetall(self._key)
            gone = [name for name, value in kept.items() if not spoken_lately([value], now=said.at)]
            steps = self._redis.pipeline(transaction=False)
            steps.hset(self._key, said.worker, json.encode(said))
            if gone:
                steps.hdel(self._key, *gone)
            steps.expire(self._key, FORGOTTEN_S)
            steps.execute()
        except RedisError as error:
            raise ReadModelAway("channels") from error


def spoken_lately(values: Iterable[bytes], *, now: int) -> list[WorkerChannels]:
    """Those that can be read and are not silent, by name of the worker."""
    found: list[WorkerChannels] = []
    for value in values:
        try:
            one = _DECODER.decode(value)
        except DecodeError:  # a worker of another release
            continue
        if now - one.at < SILENT_MS:
            found.append(one)
    return sorted(found, key=lambda one: one.worker)
