"""What a provider says when somebody signed out there: OpenID Connect Back-Channel Logout 1.0.

https://openid.net/specs/openid-connect-backchannel-1_0.html, section 2.6. The token comes from the provider itself,
past any browser, so its signature is all the proof there is.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from msgspec import Struct

from streams.console.access.openid import LEEWAY_S, OpenId
from streams.console.access.openid_provider import OpenIdRefused
from streams.console.access.session_file import CompanyPerson, SessionBook, person_id, sid_mark
from streams.console.tongue import N_

__all__ = ["SignedOut", "signed_out", "take"]

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
OLDEST_S: Final = 600
LONGEST: Final = 255  # characters of a subject, as OpenID Connect Core has it


class SignedOut(Struct, frozen=True, kw_only=True):
    """`subject` or `sid` may be "". `token`: its id, by which it is heard once."""

    issuer: str
    token: str
    subject: str
    sid: str


async def signed_out(openid: OpenId, token: str) -> SignedOut:
    """What a logout token says that is signed by the provider, for us, and fresh. Raises OpenIdRefused."""
    ours = openid.options
    wanted = jwt.JWTClaimsRegistry(
        now=lambda: int(time.time()), leeway=LEEWAY_S, iss={"essential": True, "value": ours.issuer},
        aud={"essential": True, "value": ours.client_id}, iat={"essential": True}, jti={"essential": True},
    )  # fmt: skip
    try:
        claims = (await openid.provider.opened(token)).claims
        wanted.validate(claims)
    except (JoseError, ValueError) as error:
        raise OpenIdRefused(f"What the provider says cannot be believed: {type(error).__name__}.") from error
    if not _is_logout(claims) or claims["iat"] < time.time() - OLDEST_S:
        raise OpenIdRefused(N_("This is no logout token, or an old one."))
    said = SignedOut(issuer=ours.issuer, token=claims["jti"], subject=_text(claims, "sub"), sid=_text(claims, "sid"))
    if not (said.subject or said.sid):
        raise OpenIdRefused(N_("This logout token says of nobody who signed out."))
    return said


def take(book: SessionBook, said: SignedOut) -> CompanyPerson | None:
    """Ends the sessions that belong to that one at the provider, or where none is named all of that person.

    None where the token was heard before. Who it was is not known of a session alone.
    """
    if not book.end(f"token:{person_id(said.issuer, said.token)}"):
        return None
    key = person_id(said.issuer, said.subject)
    if not said.sid:
        return book.end_person(key, subject=said.subject)
    book.end(sid_mark(said.issuer, said.sid))
    return book.people.get(key, CompanyPerson(subject=said.subject, name="", role="viewer"))


def _is_logout(claims: Mapping[str, Any]) -> bool:
    """A nonce would make it a token that signs somebody in."""
    events = claims.get("events")
    return isinstance(events, Mapping) and isinstance(events.get(EVENT), Mapping) and "nonce" not in claims


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Raises OpenIdRefused."""
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise OpenIdRefused(N_("This is no logout token, or an old one."))
    return value
