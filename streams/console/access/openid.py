"""Signing in by OpenID Connect: the code flow with PKCE, state and nonce. Roles come from a claim.

What is under way lies in a signed cookie of ten minutes, so nothing is kept here and any console can finish it.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from msgspec import Struct

from streams.console.access.openid_provider import Endpoints, OpenIdProvider, OpenIdRefused
from streams.console.access.roles import ROLES, Role
from streams.console.tongue import N_, filled
from streams.errors import SettingsError

__all__ = ["UNDERWAY_S", "Begun", "OpenId", "OpenIdOptions", "Person", "roles_of"]

UNDERWAY_S: Final = 600
LEEWAY_S: Final = 60
_SALT: Final = "leadstream.console.openid.v1"


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


class OpenId:
    """Signing in at one provider."""

    def __init__(
        self, options: OpenIdOptions, *, secret: str, http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.options = options
        self.provider = OpenIdProvider(options.issuer, http=http, clock=clock)
        self._signer = URLSafeTimedSerializer(secret, salt=_SALT)

    async def begin(self, target: str) -> Begun:
        """Raises OpenIdRefused where the provider is away."""
        endpoints = await self.provider.described()
        under = _Underway(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), target)
        challenge = urlsafe_b64encode(sha256(under.verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode({
            "response_type": "code", "client_id": self.options.client_id, "redirect_uri": self.options.redirect_uri,
            "scope": "openid profile email", "state": under.state, "nonce": under.nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        })  # fmt: skip
        address = endpoints.authorization_endpoint
        mark = "&" if "?" in address else "?"
        return Begun(f"{address}{mark}{query}", self._signer.dumps(msgspec.to_builtins(under)))

    async def finish(self, cookie: str, said: Mapping[str, str]) -> Person:
        """`said`: the query that the provider sent the browser back with. Raises OpenIdRefused."""
        try:
            under = msgspec.convert(self._signer.loads(cookie, max_age=UNDERWAY_S), _Underway)
        except (BadData, ValueError, TypeError) as error:
            raise OpenIdRefused(N_("This took too long, or was begun in another browser. Try again.")) from error
        if not compare_digest(under.state.encode(), said.get("state", "").encode()):
            raise OpenIdRefused(N_("This answer belongs to another attempt. Try again."))
        endpoints = await self.provider.described()
        if said.get("iss", endpoints.issuer) != endpoints.issuer:
            raise OpenIdRefused(N_("This answer came from another provider."))
        if "code" not in said:
            raise OpenIdRefused(N_("The provider did not sign you in."))
        claims = await self._claims(await self._token(endpoints, said["code"], verifier=under.verifier), under.nonce)
        return Person(subject=str(claims["sub"]), name=self._name(claims), role=self._role(claims),
                      target=under.target, email=_said(claims, "email"), sid=_said(claims, "sid"))  # fmt: skip

    async def _token(self, endpoints: Endpoints, code: str, *, verifier: str) -> str:
        ours = self.options
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": ours.redirect_uri,
                "code_verifier": verifier}  # fmt: skip
        return await self.provider.id_token(
            endpoints, form, client_id=ours.client_id, client_secret=ours.client_secret
        )

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What a token says that is signed by the provider, for us, for this attempt, and not over."""
        ours = self.options
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()), leeway=LEEWAY_S, iss={"essential": True, "value": ours.issuer},
            aud={"essential": True, "value": ours.client_id}, exp={"essential": True}, sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = (await self.provider.opened(token)).claims
            wanted.validate(claims)
        except (JoseError, ValueError) as error:
            said = filled(N_("What the provider says cannot be believed: %(error)s."), error=type(error).__name__)
            raise OpenIdRefused(said) from error
        if claims.get("azp", ours.client_id) != ours.client_id:
            raise OpenIdRefused(N_("What the provider says is for somebody else."))
        return claims

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
