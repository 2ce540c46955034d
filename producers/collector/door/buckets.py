"""Token buckets: so many a second, so many at once; the least used are forgotten beyond a bound."""

from collections import OrderedDict
from math import ceil
from typing import NamedTuple

__all__ = ["Bucket", "Buckets", "Rate"]


class Rate(NamedTuple):
    """`per_s` tokens come back a second, up to `burst`. 0 a second = no limit."""

    per_s: float
    burst: int


class Bucket:
    """What is left of one rate. Times are seconds of a clock that never runs backwards.

    More than the burst passes when the bucket is full and leaves a debt, or else it could never pass.
    """

    __slots__ = ("_at", "_burst", "_left", "_per_s")

    def __init__(self, rate: Rate, *, now: float) -> None:
        self._per_s, self._burst = rate
        self._left = float(self._burst)
        self._at = now

    def pay(self, tokens: int, now: float) -> bool:
        """Takes so many, or none where they are not there."""
        if not self._per_s:
            return True
        left = min(self._left + (now - self._at) * self._per_s, self._burst)
        self._at = now
        if left < tokens and left < self._burst:
            self._left = left
            return False
        self._left = left - tokens
        return True

    def refund(self, tokens: int) -> None:
        """What was paid for nothing comes back."""
        self._left += tokens

    def wait_for(self, tokens: int) -> int:
        """Whole seconds from the last `pay` until so many are there, one at least."""
        missing = min(tokens, self._burst) - self._left
        return max(1, ceil(missing / self._per_s))


class Buckets:
    """A bucket for each name, at most `most` of them; who was forgotten begins with a full one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str) -> Bucket | None:
        """Its bucket, as the most recently used."""
        found = self._kept.get(name)
        if found is not None:
            self._kept.move_to_end(name)
        return found

    def make(self, name: str, bucket: Bucket) -> Bucket:
        """Keeps a new one."""
        if len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        self._kept[name] = bucket
        return bucket
