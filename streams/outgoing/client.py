"""The one HTTP client for everything that leaves: it goes where `addresses.py` lets it, and nowhere else.

The name is resolved once, every address is checked, and the connection goes to that very address, so a name that
changes its mind in between gains nothing. No redirects, no proxy from the environment, no cookies, no unpacking.
"""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from typing import Final

import httpcore
from msgspec import Struct

from streams.outgoing.addresses import Reach, Resolve, resolved
from streams.outgoing.errors import Unreached

__all__ = ["DEADLINE_S", "LARGEST_ANSWER", "Answer", "Outgoing"]

DEADLINE_S: Final = 10.0  # of all: a limit for each read never ends an answer that drips
LARGEST_ANSWER: Final = 65_536
MOST_CONNECTIONS: Final = 20
USER_AGENT: Final = "leadstream"
_FAILED: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
                  httpcore.UnsupportedProtocol, OSError)  # fmt: skip


class Answer(Struct, frozen=True):
    """Names of headers are in lower case; `body` is b"" where it was not asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens connections for the pool: to addresses that were looked at, never to a name."""

    def __init__(self, reach: Reach, resolve: Resolve) -> None:
        self._reach = reach
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(  # noqa: PLR0917  httpcore's signature
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        """Raises Forbidden, Unreached, httpcore's ConnectError."""
        addresses = self._reach.admitted(host, await self._resolve(host, port))
        failed: httpcore.ConnectError | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed or Unreached(f"{host} has no address")


class Outgoing:
    """One for a process. `resolve` and `trusted` (whose certificates count) are for tests."""

    def __init__(self, reach: Reach, *, resolve: Resolve = resolved, trusted: ssl.SSLContext | None = None) -> None:
        self.reach = reach
        self._resolve = resolve
        # Who waits for a place waits here: one that gives up in httpcore's own queue may have got a connection at that
        # very moment, which then stays there unused for good (1.0.9).
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted, max_connections=MOST_CONNECTIONS, keepalive_expiry=30.0,
            network_backend=_Backend(reach, resolve),
        )  # fmt: skip

    async def check(self, text: str) -> None:
        """Whether we would go there, for whoever saves an address. Connects to nobody. Raises Forbidden, Unreached."""
        url = self.reach.parsed(text)
        host = url.host.decode("ascii").strip("[]")
        self.reach.admitted(host, await self._resolve(host, url.origin.port))

    async def post(self, text: str, body: bytes, *, headers: Mapping[str, str], deadline_s: float = DEADLINE_S,
                   largest: int = LARGEST_ANSWER, read: bool = True) -> Answer:  # fmt: skip
        """One POST and its answer of at most `largest` bytes, within `deadline_s` in all. Raises OutgoingError."""
        url = self.reach.parsed(text)
        sent = {"user-agent": USER_AGENT, "accept-encoding": "identity", **headers}
        try:
            async with (
                asyncio.timeout(deadline_s),
                self._places,
                self._pool.stream("POST", url, headers=list(sent.items()), content=body) as answer,
            ):
                return Answer(answer.status, _headers(answer), await _read(answer, largest) if read else b"")
        except TimeoutError as error:
            raise Unreached("no answer in time") from error
        except _FAILED as error:
            raise Unreached(type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def _headers(answer: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}


async def _read(answer: httpcore.Response, largest: int) -> bytes:
    body = b""
    async for piece in answer.aiter_stream():
        body += piece
        if len(body) > largest:
            raise Unreached(f"an answer of more than {largest} bytes")
    return body
