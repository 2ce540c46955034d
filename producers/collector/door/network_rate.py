"""How often one network may do one thing that needs no key: a token bucket for each, as events of write keys have."""

import time
from collections.abc import Callable

from producers.collector.door.buckets import Bucket, Buckets, Rate
from producers.metrics import BOUNDS, LIMITS_KEPT
from producers.settings import LimitSettings

__all__ = ["NetworkRate"]


class NetworkRate:
    """`of` names it in the metrics; `rate`: that of a network's events unless given. `clock`: seconds, never backwards.

    An address that is not public has no network.
    """

    def __init__(
        self, settings: LimitSettings, *, of: str, rate: Rate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._rate = rate or Rate(settings.network_events_per_s, settings.network_burst)
        self._clock = clock
        self._kept = Buckets(settings.kept)
        LIMITS_KEPT.labels(of).set_function(lambda: len(self._kept))
        BOUNDS.hold(f"networks_of_{of}", lambda: len(self._kept), most=settings.kept)

    def pay(self, network: str | None) -> int:
        """Takes one: 0. Else in how many whole seconds there is one again, and then nothing was taken."""
        if network is None:
            return 0
        now = self._clock()
        bucket = self._kept.get(network) or self._kept.make(network, Bucket(self._rate, now=now))
        return 0 if bucket.pay(1, now) else bucket.wait_for(1)

    def refund(self, network: str | None) -> None:
        """What was paid comes back."""
        bucket = None if network is None else self._kept.get(network)
        if bucket is not None:
            bucket.refund(1)
