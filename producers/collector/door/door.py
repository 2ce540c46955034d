"""Who comes in: the head, the key, the page's origin, the limits and the body of a request, before anything is read.

A key in a header or in the query must be good before the body is taken. Which pages and how many events it may send is
judged when the body was read, because the key may stand there too.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from producers.collector.door.addresses import client_in, network_of
from producers.collector.door.body import Receive, Scope, read_body
from producers.collector.door.cors import VARY, Cors, HeaderList
from producers.collector.door.head import ENDS, check_head
from producers.collector.door.key_watch import KeyWatch
from producers.collector.door.keys import Headers, KeyRing, Sender, offered_key
from producers.collector.door.limits import Limits
from producers.collector.reading.inflate import inflated
from producers.collector.reading.wire import Request
from producers.errors import Limited, Refusal, Refused
from producers.logs import log
from producers.metrics import LIMITED, REFUSED
from producers.settings import Settings
from schemas.delivery import Trust

__all__ = ["Arrival", "Door", "count_refused", "of_person"]

# What is left of such a request is read by nobody, so its connection ends.
ENDING: Final = frozenset({400, 408, 413, 414, 431})


class Arrival(Struct, frozen=True, gc=False):
    """A request that was let in so far. `sender` None: its key stands in the body, if anywhere.

    `address` is whole and stays in memory; `network` is what limits hold together.
    """

    headers: Headers
    address: str | None
    network: str | None
    sender: Sender | None
    body: bytes


class Door:
    """`watch` keeps the keys as their file says, as long as it is entered; `limits` are this process's.

    Raises BadSettings.
    """

    def __init__(self, settings: Settings, keys: KeyRing, cors: Cors, *, now_ms: Callable[[], int]) -> None:
        self.watch = KeyWatch(settings.collector.keys, keys, now_ms=now_ms)
        self._keys = keys
        self._cors = cors
        self.limits = Limits(settings.limits)
        self._hops = settings.collector.proxy_hops

    async def open(self, scope: Scope, headers: Headers, receive: Receive) -> Arrival:
        """Lets a request in, its body inflated. Raises Refused."""
        check_head(scope, headers)
        address = client_in(scope, proxy_hops=self._hops)
        network = network_of(address)
        key = offered_key(headers, scope["query_string"])
        sender = None
        if key is not None:
            sender = self._keys.sender_of(key)
            self.limits.look(sender, network)
        self.limits.enter(network)
        try:
            body = await read_body(receive, headers)
        finally:
            self.limits.leave(network)
        return Arrival(headers, address, network, sender, inflated(body, headers.get(b"content-encoding")))

    def admit(self, arrival: Arrival, request: Request, *, only: Trust | None) -> tuple[Sender, HeaderList]:
        """Who sends, and headers of the reply; the events are counted against the limits. `only`: the route's keys.

        Raises Refused: KEY, LEAKED_KEY, ORIGIN, and RATE.
        """
        sender = arrival.sender or self._keys.sender_of(request.write_key)
        headers = arrival.headers
        origin = headers.get(b"origin")
        if origin is not None and sender.trust == "proven":
            log.error("server_key_in_browser", source=sender.source, key=sender.key)
            raise Refused(Refusal.LEAKED_KEY, "a server key must never be in a page: replace it")
        if only is not None and sender.trust != only:
            raise _wrong_kind_of_key(sender)
        told = self._cors.reply(origin, sender)
        self.limits.take(sender, arrival.network, len(request.events) + len(request.bad))
        return sender, [*told, ENDS] if b"transfer-encoding" in headers else told

    def turned_away(self, error: Refused, headers: Headers, *, status: int) -> HeaderList:
        """Headers of a refusal, which is counted."""
        count_refused(error)
        told = VARY if error.reason is Refusal.ORIGIN else self._cors.reply(headers.get(b"origin"))
        if status in ENDING or b"transfer-encoding" in headers:
            told = [*told, ENDS]
        if isinstance(error, Limited):
            told = [*told, (b"retry-after", str(error.after_s).encode())]
        return told


def _wrong_kind_of_key(sender: Sender) -> Refused:
    if sender.trust == "proven":
        log.error("server_key_in_pixel", source=sender.source)
        return Refused(Refusal.LEAKED_KEY, "a server key must never be in a page: replace it")
    return Refused(Refusal.KEY, "a server key is needed here")


def count_refused(error: Refused) -> None:
    """By its reason, and by what limits."""
    REFUSED.labels(error.reason).inc()
    if isinstance(error, Limited):
        LIMITED.labels(error.by).inc()


def of_person(address: str | None, sender: Sender) -> str | None:
    """The address as far as it is a person's: a server's says nothing of whom it sends for."""
    return address if sender.trust == "claimed" else None
