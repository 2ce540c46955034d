"""Wrong proofs of CRMs: so many of one network are told that they are wrong, all beyond that to come again later.

Whoever is wrong pays, and nobody else: a right proof is taken whatever its network brought before, so no neighbour of a
CRM can shut it out. A proof that stands in the head is judged there, before a body is read; where the body is signed
too, it is read once the head looks like a good one. So a guess is answered, however often: what could be guessed is
refused at the start (`producers/settings.py`).
"""

import time
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from producers.collector.door.addresses import client_in, network_of
from producers.collector.door.body import read_body
from producers.collector.door.buckets import Rate
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.errors import Limited, Refusal, Refused
from producers.settings import LimitSettings

__all__ = ["WrongProofs"]

WRONG: Final = frozenset({Refusal.PROOF, Refusal.KEY})


class WrongProofs:
    """`limits`: those of all that comes in, of which requests at once are shared. `hops`: trusted proxies.

    `clock`: seconds, never backwards.
    """

    def __init__(
        self, settings: LimitSettings, limits: Limits, *, hops: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        rate = Rate(settings.wrong_proofs_per_s, settings.wrong_proofs_burst)
        self._rate = NetworkRate(settings, of="crm_proofs", rate=rate, clock=clock)
        self._limits = limits
        self._hops = hops

    def counted(self, request: Request, error: Refused) -> Refused:
        """What a refused sender hears: a wrong proof is paid for, and beyond the rate it is 429."""
        if error.reason not in WRONG:
            return error
        after_s = self._rate.pay(self._network(request))
        if not after_s:
            return error
        return Limited(Refusal.RATE, "more wrong proofs than this network may bring", by="network", after_s=after_s)

    async def body_of(self, request: Request) -> bytes:
        """The bytes of a sender who has proved nothing yet. Raises Limited and Refused."""
        network = self._network(request)
        self._limits.enter(network)
        try:
            return await read_body(request.receive, dict(request.headers.raw))
        finally:
            self._limits.leave(network)

    def _network(self, request: Request) -> str | None:
        return network_of(client_in(request.scope, proxy_hops=self._hops))
