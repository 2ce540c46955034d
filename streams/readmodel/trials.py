"""Tests of channels on their way: the console leaves a wish, one worker takes it and says what became of it.

In Redis and not in Kafka, because it is true for seconds and nobody decides by it; the console so needs no secret of a
channel, and what is tried is the worker's own way out.
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import DecodeError, json
from redis import Redis, RedisError

from streams.core.recipient.channel_state import Trial, TrialResult
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import Keys
from streams.readmodel.reader import Reader
from streams.readmodel.writer import connected

__all__ = ["OLDEST_MS", "TrialBoard", "ask_trial", "trial_results"]

OLDEST_MS: Final = 30_000  # a wish that no worker took by then is nobody's
MOST: Final = 8  # wishes that wait
KEPT_S: Final = 86_400

_TRIAL: Final = json.Decoder(Trial)
_RESULT: Final = json.Decoder(TrialResult)
_ASK: Final = f"""
if redis.call('LLEN', KEYS[1]) >= {MOST} then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], {OLDEST_MS})
return 1
"""
_RESULTS: Final = "return redis.call('HVALS', KEYS[1])"


async def ask_trial(reader: Reader, trial: Trial) -> bool:
    """Leave a wish; False where too many wait. Raises ReadModelAway."""
    return bool(await reader.run(_ASK, [reader.keys.trials], [json.encode(trial).decode()]))


async def trial_results(reader: Reader) -> dict[str, TrialResult]:
    """The newest result of each channel. Raises ReadModelAway."""
    values = await reader.run(_RESULTS, [reader.keys.trial_results], [])
    return {one.channel: one for one in _readable(values)}


def _readable(values: Iterable[bytes]) -> Iterable[TrialResult]:
    for value in values:
        try:
            yield _RESULT.decode(value)
        except DecodeError:  # a worker of another release
            continue


class TrialBoard:
    """A worker's side. It blocks."""

    def __init__(self, redis: Redis, *, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    @classmethod
    def connect(cls, url: str, *, prefix: str = "leadstream:") -> "TrialBoard":
        """A client of its own. Nothing is sent yet."""
        return cls(connected(url), keys=Keys(prefix))

    def take(self, *, now: int) -> Trial | None:
        """The next wish, for this worker alone; None where there is none. Raises ReadModelAway."""
        try:
            value: Any = self._redis.lpop(self._keys.trials)
        except RedisError as error:
            raise ReadModelAway("trials") from error
        if value is None:
            return None
        try:
            trial = _TRIAL.decode(value)
        except DecodeError:  # a console of another release
            return None
        return trial if now - trial.at < OLDEST_MS else None

    def tell(self, result: TrialResult) -> None:
        """What became of it. Raises ReadModelAway."""
        try:
            steps = self._redis.pipeline(transaction=False)
            steps.hset(self._keys.trial_results, result.channel, json.encode(result))
            steps.expire(self._keys.trial_results, KEPT_S)
            steps.execute()
        except RedisError as error:
            raise ReadModelAway("trials") from error
