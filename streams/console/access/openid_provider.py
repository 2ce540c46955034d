"""One provider of OpenID Connect, asked: its own description, its keys, and a token for a code.

It is asked when somebody signs in, not at the start: it may be away. Of many who wait for it one asks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from msgspec import Struct

from streams.console.tongue import N_

__all__ = ["Endpoints", "OpenIdProvider", "OpenIdRefused"]

KEYS_S: Final = 600.0  # keys are asked for again so often, and at once for an unknown one, once in ...
AGAIN_S: Final = 10.0  # ... so long
DEADLINE_S: Final = 5.0  # of one answer: a limit for each read never ends one that drips
LARGEST_ANSWER: Final = 1 << 20
MOST_AT_ONCE: Final = 20
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
T = TypeVar("T")
log = structlog.get_logger()


class OpenIdRefused(Exception):
    """Nobody was signed in. `said` is for who tried, in any language."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Endpoints(Struct, frozen=True):
    """What we need of a provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Keys(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(Struct, frozen=True):
    id_token: str


class _Turns:
    """One asks, and those who wait meanwhile hear the same no: in turn each would need seconds to hear it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._refused: OpenIdRefused | None = None  # what was heard last

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises OpenIdRefused."""
        before = self._refused
        async with self._lock:
            if self._refused is not None and self._refused is not before:
                raise OpenIdRefused(self._refused.said)
            try:
                yield
            except OpenIdRefused as error:
                self._refused = OpenIdRefused(error.said)  # without the frames that it came through
                raise


class OpenIdProvider:
    """The provider that calls itself `issuer`. `clock` in seconds."""

    def __init__(self, issuer: str, *, http: httpx.AsyncClient | None, clock: Callable[[], float]) -> None:
        self.issuer = issuer
        self._http = http or httpx.AsyncClient(timeout=DEADLINE_S, follow_redirects=False, trust_env=False)
        # Fewer than the client has connections: who gives up in its own queue may leave a place taken for good
        # (outgoing/client.py).
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._clock = clock
        self._turns = _Turns()
        self._endpoints: Endpoints | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def described(self) -> Endpoints:
        """Raises OpenIdRefused."""
        async with self._turns.turn():
            if self._endpoints is None:
                address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await self._asked(self._http.build_request("GET", address), kind=Endpoints)
                if found.issuer != self.issuer:
                    said = N_("The provider calls itself by another name: LEADSTREAM_CONSOLE__OPENID_ISSUER.")
                    raise OpenIdRefused(said)
                if not all(map(_is_safe, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))):
                    raise OpenIdRefused(N_("The provider names an address without https."))
                self._endpoints = found
            return self._endpoints

    async def id_token(
        self, endpoints: Endpoints, form: Mapping[str, str], *, client_id: str, client_secret: str
    ) -> str:
        """What the provider says of who came with a code: signed, not yet believed. Raises OpenIdRefused."""
        auth = httpx.BasicAuth(quote(client_id, safe=""), quote(client_secret, safe=""))
        request = self._http.build_request("POST", endpoints.token_endpoint, data=form)
        return (await self._asked(next(auth.auth_flow(request)), kind=_Tokens)).id_token

    async def opened(self, token: str) -> jwt.Token:
        """What the provider signed. It may have changed its keys, so an unknown one is asked for once.

        Raises JoseError, ValueError; OpenIdRefused where the provider is away.
        """
        try:
            return jwt.decode(token, await self._known(KEYS_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, await self._known(AGAIN_S), algorithms=ALGORITHMS)

    async def _known(self, oldest_s: float) -> KeySet:
        endpoints = await self.described()
        async with self._turns.turn():
            if self._keys is None or self._clock() - self._keys_at > oldest_s:
                found = await self._asked(self._http.build_request("GET", endpoints.jwks_uri), kind=_Keys)
                self._keys = _key_set(found)
                self._keys_at = self._clock()
            return self._keys

    async def _asked(self, request: httpx.Request, *, kind: type[T]) -> T:
        try:
            async with asyncio.timeout(DEADLINE_S), self._places:
                return msgspec.json.decode(await self._answered(request), type=kind)
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("openid_provider_away", asked=str(request.url), error=type(error).__name__)
            raise OpenIdRefused(N_("The provider does not answer as it should. Try again in a moment.")) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("openid_provider_unreadable", asked=str(request.url), error=type(error).__name__)
            raise OpenIdRefused(N_("The provider answers in a form that is not OpenID Connect.")) from error

    async def _answered(self, request: httpx.Request) -> bytes:
        """Raises httpx.HTTPError; of an answer that is too long it gives the beginning, which is no JSON."""
        async with aclosing(await self._http.send(request, stream=True)) as answer:
            answer.raise_for_status()
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    break
            return body


def _key_set(found: _Keys) -> KeySet:
    """Those that can sign for us: a provider may have others. Raises OpenIdRefused."""
    ours = [one for one in found.keys if one.get("kty") in {"RSA", "EC"} and one.get("use", "sig") == "sig"]
    try:
        return KeySet([(RSAKey if one["kty"] == "RSA" else ECKey).import_key(one) for one in ours])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise OpenIdRefused(N_("The provider has keys that cannot be read.")) from error


def _is_safe(address: str) -> bool:
    """https, or this machine itself; and an address at all."""
    try:
        httpx.URL(address)
        parts = urlsplit(address)
    except (httpx.InvalidURL, ValueError):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})
