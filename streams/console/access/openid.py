"""Signing in by OpenID Connect: the code flow with PKCE, state and nonce. Roles come from a claim.

What is under way lies in a signed cookie of ten minutes, so nothing is kept here and any console can finish it.
"""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec
import structlog
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from msgspec import Struct

from streams.console.access.roles import ROLES, Role
from streams.console.tongue import N_, filled
from streams.errors import SettingsError

__all__ = ["UNDERWAY_S", "Begun", "OpenId", "OpenIdOptions", "OpenIdRefused", "Person", "roles_of"]

UNDERWAY_S: Final = 600
KEYS_S: Final = 600.0  # keys are asked for again so often, and at once for an unknown one, once in ...
AGAIN_S: Final = 10.0  # ... so long
DEADLINE_S: Final = 5.0  # of one answer: a limit for each read never ends one that drips
LARGEST_ANSWER: Final = 1 << 20
MOST_AT_ONCE: Final = 20
LEEWAY_S: Final = 60
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
T = TypeVar("T")
_SALT: Final = "leadstream.console.openid.v1"
log = structlog.get_logger()


class OpenIdRefused(Exception):
    """Nobody was signed in. `said` is for who tried, in any language."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class OpenIdOptions(Struct, frozen=True, kw_only=True):
    """`roles`: which value of the claim gives which role. `roles_claim`: a path with dots."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    roles: Mapping[str, Role]
    roles_claim: str = "roles"
    name_claim: str = "name"


class Begun(Struct, frozen=True):
    """Where to send the browser, and what it must bring back."""

    url: str
    cookie: str


class Person(Struct, frozen=True, kw_only=True):
    """Who the provider says it is, and where the person wanted to go.

    `subject`: what the provider never gives to another; `sid`: its own session, "" where it says none.
    """

    subject: str
    name: str
    role: Role
    target: str
    email: str = ""
    sid: str = ""


class _Underway(Struct, frozen=True, array_like=True):
    state: str
    nonce: str
    verifier: str
    target: str


class _Provider(Struct, frozen=True):
    """What we need of a provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Keys(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(Struct, frozen=True):
    id_token: str


def roles_of(text: str) -> dict[str, Role]:
    """`sales=rep,admins=operator`. Raises SettingsError."""
    found: dict[str, Role] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        value, _, role = one.rpartition("=")
        known = next((known for known in ROLES if known == role.strip()), None)
        if known is None or not value.strip():
            raise SettingsError(f"LEADSTREAM_CONSOLE__OPENID_ROLES: {one!r}: write VALUE=ROLE of {', '.join(ROLES)}")
        found[value.strip()] = known
    return found


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


class OpenId:
    """One provider. It is asked when somebody signs in, not at the start: it may be away."""

    def __init__(
        self, options: OpenIdOptions, *, secret: str, http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.options = options
        self._signer = URLSafeTimedSerializer(secret, salt=_SALT)
        self._http = http or httpx.AsyncClient(timeout=DEADLINE_S, follow_redirects=False, trust_env=False)
        # Fewer than the client has connections: who gives up in its own queue may leave a place taken for good
        # (outgoing/client.py).
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._clock = clock
        self._turns = _Turns()
        self._provider: _Provider | None = None
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    async def begin(self, target: str) -> Begun:
        """Raises OpenIdRefused where the provider is away."""
        provider = await self._described()
        under = _Underway(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), target)
        challenge = urlsafe_b64encode(sha256(under.verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode({
            "response_type": "code", "client_id": self.options.client_id, "redirect_uri": self.options.redirect_uri,
            "scope": "openid profile email", "state": under.state, "nonce": under.nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        })  # fmt: skip
        mark = "&" if "?" in provider.authorization_endpoint else "?"
        return Begun(f"{provider.authorization_endpoint}{mark}{query}", self._signer.dumps(msgspec.to_builtins(under)))

    async def finish(self, cookie: str, said: Mapping[str, str]) -> Person:
        """`said`: the query that the provider sent the browser back with. Raises OpenIdRefused."""
        try:
            under = msgspec.convert(self._signer.loads(cookie, max_age=UNDERWAY_S), _Underway)
        except (BadData, ValueError, TypeError) as error:
            raise OpenIdRefused(N_("This took too long, or was begun in another browser. Try again.")) from error
        if not compare_digest(under.state.encode(), said.get("state", "").encode()):
            raise OpenIdRefused(N_("This answer belongs to another attempt. Try again."))
        provider = await self._described()
        if said.get("iss", provider.issuer) != provider.issuer:
            raise OpenIdRefused(N_("This answer came from another provider."))
        if "code" not in said:
            raise OpenIdRefused(N_("The provider did not sign you in."))
        claims = await self._claims(await self._tokens(provider, said["code"], verifier=under.verifier), under.nonce)
        return Person(subject=str(claims["sub"]), name=self._name(claims), role=self._role(claims),
                      target=under.target, email=_said(claims, "email"), sid=_said(claims, "sid"))  # fmt: skip

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def _described(self) -> _Provider:
        async with self._turns.turn():
            if self._provider is None:
                address = f"{self.options.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await self._asked(self._http.build_request("GET", address), kind=_Provider)
                if found.issuer != self.options.issuer:
                    said = N_("The provider calls itself by another name: LEADSTREAM_CONSOLE__OPENID_ISSUER.")
                    raise OpenIdRefused(said)
                if not all(map(_is_safe, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))):
                    raise OpenIdRefused(N_("The provider names an address without https."))
                self._provider = found
            return self._provider

    async def _tokens(self, provider: _Provider, code: str, *, verifier: str) -> str:
        ours = self.options
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": ours.redirect_uri,
                "code_verifier": verifier}  # fmt: skip
        auth = httpx.BasicAuth(quote(ours.client_id, safe=""), quote(ours.client_secret, safe=""))
        request = self._http.build_request("POST", provider.token_endpoint, data=form)
        return (await self._asked(next(auth.auth_flow(request)), kind=_Tokens)).id_token

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What a token says that is signed by the provider, for us, for this attempt, and not over."""
        ours = self.options
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()), leeway=LEEWAY_S, iss={"essential": True, "value": ours.issuer},
            aud={"essential": True, "value": ours.client_id}, exp={"essential": True}, sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = (await self.opened(token)).claims
            wanted.validate(claims)
        except (JoseError, ValueError) as error:
            said = filled(N_("What the provider says cannot be believed: %(error)s."), error=type(error).__name__)
            raise OpenIdRefused(said) from error
        if claims.get("azp", ours.client_id) != ours.client_id:
            raise OpenIdRefused(N_("What the provider says is for somebody else."))
        return claims

    async def opened(self, token: str) -> jwt.Token:
        """What the provider signed. It may have changed its keys, so an unknown one is asked for once.

        Raises JoseError, ValueError; OpenIdRefused where the provider is away.
        """
        try:
            return jwt.decode(token, await self._known(KEYS_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, await self._known(AGAIN_S), algorithms=ALGORITHMS)

    async def _known(self, oldest_s: float) -> KeySet:
        provider = await self._described()
        async with self._turns.turn():
            if self._keys is None or self._clock() - self._keys_at > oldest_s:
                found = await self._asked(self._http.build_request("GET", provider.jwks_uri), kind=_Keys)
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

    def _name(self, claims: Mapping[str, Any]) -> str:
        return str(claims.get(self.options.name_claim) or claims["sub"])

    def _role(self, claims: Mapping[str, Any]) -> Role:
        """The highest that is given."""
        found: Any = claims
        for part in self.options.roles_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        given = [self.options.roles[one] for one in values if isinstance(one, str) and one in self.options.roles]
        if not given:
            raise OpenIdRefused(N_("You are known, and have no role here. Ask who runs Leadstream for one."))
        return max(given, key=[*ROLES].index)


def _said(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found if isinstance(found, str) else ""


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
