"""Webhooks as long as they have proved nothing: how often, and how many at once, one network may bring them.

Each request pays; a proof brings it back. So whoever proves nothing is answered 429 before a body is read and a
signature checked, and a provider, whose few addresses speak for everybody's mails, does not run dry by what it says.
"""

from starlette.requests import Request

from producers.collector.door.addresses import client_in, network_of
from producers.collector.door.body import read_body
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.errors import Limited, Refusal

__all__ = ["Knocks"]


class Knocks:
    """`limits`: those of all that comes in, of which requests at once are shared. `hops`: trusted proxies."""

    def __init__(self, rate: NetworkRate, limits: Limits, *, hops: int) -> None:
        self._rate = rate
        self._limits = limits
        self._hops = hops

    async def body_of(self, request: Request) -> bytes:
        """The bytes as they came, paid for. Raises Limited and Refused."""
        network = self._network(request)
        after_s = self._rate.pay(network)
        if after_s:
            raise Limited(Refusal.RATE, "more requests without a proof than this network may send", by="network",
                          after_s=after_s)  # fmt: skip
        self._limits.enter(network)
        try:
            return await read_body(request.receive, dict(request.headers.raw))
        finally:
            self._limits.leave(network)

    def proven(self, request: Request) -> None:
        """It comes from whom it says: nothing is paid for it."""
        self._rate.refund(self._network(request))

    def _network(self, request: Request) -> str | None:
        return network_of(client_in(request.scope, proxy_hops=self._hops))
