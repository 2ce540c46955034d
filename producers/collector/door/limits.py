"""How much one key and one network may send: token buckets in this process, and requests at once.

Events are counted, not requests, and what is refused costs nothing: it comes again and pays then. What is sent again
pays like anything else, or a storm of retries would pass. Server keys have a rate of their own and no network: behind
one address a server speaks for many people. There is no limit per visitor: a sender chooses that id, so it could take
another one for each event, or use up somebody else's.
"""

import time
from collections.abc import Callable
from typing import Final

from producers.collector.door.buckets import Bucket, Buckets, Rate
from producers.collector.door.keys import Sender
from producers.errors import Limited, Refusal
from producers.metrics import BOUNDS, LIMITS_KEPT
from producers.settings import LimitSettings

__all__ = ["Limits"]

BURST_S: Final = 10  # of a source that says its rate alone


class Limits:
    """`clock`: seconds, never backwards. One for each process; several collectors each give the whole rate."""

    def __init__(self, settings: LimitSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._network_rate = Rate(settings.network_events_per_s, settings.network_burst)
        self._keys: dict[str, Bucket] = {}
        self._networks = Buckets(settings.kept)
        self._dry: set[str] = set()  # keys and networks that were refused and may be empty still
        self._inside: dict[str, int] = {}
        LIMITS_KEPT.labels("events").set_function(lambda: len(self._keys) + len(self._networks))
        BOUNDS.hold("networks_of_events", lambda: len(self._networks), most=settings.kept)

    def look(self, sender: Sender, network: str | None) -> None:
        """Before a body is read. Raises Limited for who is over a limit, who costs us little so."""
        if self._dry and (sender.key in self._dry or network in self._dry):
            self.take(sender, network, 1)
            self._keys[sender.key].refund(1)
            shared = self._networks.get(network) if network is not None and sender.trust == "claimed" else None
            if shared is not None:
                shared.refund(1)

    def take(self, sender: Sender, network: str | None, events: int) -> None:
        """So many events; a request without any counts as one. Raises Limited, and then nothing was taken."""
        tokens = events or 1
        now = self._clock()
        own = self._keys.get(sender.key) or self._key(sender, now)
        if not own.pay(tokens, now):
            raise self._too_much(sender.key, own.wait_for(tokens), by="key")
        if network is not None and sender.trust == "claimed":
            shared = self._networks.get(network) or self._network(network, now)
            if not shared.pay(tokens, now):
                own.refund(tokens)
                raise self._too_much(network, shared.wait_for(tokens), by="network")
        if self._dry:
            self._dry -= {sender.key, network}

    def enter(self, network: str | None) -> None:
        """A request of this network begins to come in; `leave` when it is read. Raises Limited: too many at once."""
        if network is not None:
            inside = self._inside.get(network, 0)
            if inside >= self._settings.requests_at_once:
                raise Limited(Refusal.CROWD, "too many requests at once from this network", by="crowd", after_s=1)
            self._inside[network] = inside + 1

    def leave(self, network: str | None) -> None:
        """The other half of `enter`."""
        if network is not None:
            left = self._inside[network] - 1
            if left:
                self._inside[network] = left
            else:
                del self._inside[network]

    def _key(self, sender: Sender, now: float) -> Bucket:
        """A key that sends for the first time. As many as there are good keys."""
        made = self._keys[sender.key] = Bucket(self._rate_of(sender), now=now)
        return made

    def _network(self, network: str, now: float) -> Bucket:
        return self._networks.make(network, Bucket(self._network_rate, now=now))

    def _too_much(self, name: str, after_s: int, *, by: str) -> Limited:
        if len(self._dry) >= self._settings.kept:
            self._dry.clear()  # only a short cut is lost
        self._dry.add(name)
        return Limited(Refusal.RATE, f"more events than this {by} may send", by=by, after_s=after_s)

    def _rate_of(self, sender: Sender) -> Rate:
        """What the source says, else the settings."""
        here, policy = self._settings, sender.policy
        per_s, burst = here.key_events_per_s, here.key_burst
        if sender.trust == "proven":
            per_s, burst = here.server_key_events_per_s, here.server_key_burst
        if policy.events_per_s is not None:
            per_s, burst = policy.events_per_s, max(1, int(policy.events_per_s * BURST_S))
        return Rate(per_s, policy.burst or burst)
