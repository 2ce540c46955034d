"""Signed identifies: the site's server signs who somebody is, so that a browser key can prove it, for 15 minutes.

A signature is `<exp>.<hex>`: exp in seconds since 1970, and HMAC-SHA256, keyed with `LEADSTREAM_IDENTITY_SECRET`, over
`source|anonymousId|name|exp`. The name is the normalised e-mail, or the user id where there is none. It is of no use
to another browser or another site, and soon of none at all. While the secret is exchanged the former one counts too.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from schemas.errors import Undecodable
from schemas.rejected import Reason

__all__ = ["UNSIGNED", "Signed", "Signing", "signature_in"]

LONGEST_S: Final = 15 * 60
SKEW_S: Final = 60  # by which the site's clock may be ahead
MAX_SIGNATURE: Final = 128


class Signed(Struct, frozen=True):
    """What a signature speaks of: one person, at one browser, of one source."""

    source: str
    anonymous_id: str
    name: str


class Signing(Struct, frozen=True):
    """The live secrets, the newest first; none where nothing can be signed. It shows them to nobody."""

    secrets: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        """Never the secrets."""
        return "Signing(...)"

    def sign(self, said: Signed, *, exp: int) -> str:
        """What a server must say; with the newest secret."""
        return f"{exp}.{_hex(self.secrets[0], said, exp)}"

    def proves(self, signature: str | None, said: Signed, *, received_at: int) -> bool:
        """Whether it is proven; no when nothing was signed, or nothing can be. `received_at`: UTC milliseconds.

        Raises Undecodable for a signature that does not prove it: who tried to prove something is no mere claim.
        """
        if not self.secrets or signature is None:
            return False
        exp, dot, digest = signature.strip().partition(".")
        if not dot or not (exp.isascii() and exp.isdigit()) or len(signature) > MAX_SIGNATURE or not said.name:
            raise Undecodable(Reason.BAD_SIGNATURE, "not <exp>.<hex> over an e-mail or a user id")
        offered = digest.lower().encode("utf-8", "replace")  # as bytes: texts must be ASCII to be compared
        if not any(hmac.compare_digest(_hex(one, said, int(exp)).encode(), offered) for one in self.secrets):
            raise Undecodable(Reason.BAD_SIGNATURE, "of another person, browser, source or secret")
        left_s = int(exp) - received_at / 1_000
        if not 0 <= left_s <= LONGEST_S + SKEW_S:
            why = "it has expired" if left_s < 0 else f"it lasts longer than {LONGEST_S} s"
            raise Undecodable(Reason.BAD_SIGNATURE, why)
        return True


def _hex(secret: bytes, said: Signed, exp: int) -> str:
    text = f"{said.source}|{said.anonymous_id}|{said.name}|{exp}"
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256").hex()


UNSIGNED: Final = Signing()


def signature_in(identity: Mapping[str, Any]) -> str | None:
    """`signature` of an event's `context.identity`; None where there is none, "" where it is no text."""
    said = identity.get("signature")
    return said if said is None or isinstance(said, str) else ""
