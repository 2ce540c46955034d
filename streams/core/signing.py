"""Signed identifies: the site's server signs who somebody is, so that a browser key can prove it.

The signature is HMAC-SHA256 in hex, keyed with `LEADSTREAM_IDENTITY_SECRET`, over the normalised e-mail, or over the
user id where there is no e-mail.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

__all__ = ["UNSIGNED", "Signing", "signature_in"]

MAX_SIGNATURE: Final = 128


class Signing(Struct, frozen=True):
    """The secret that signatures are checked with; b"" where nothing can be signed. It shows itself to nobody."""

    secret: bytes

    def __repr__(self) -> str:
        """Never the secret."""
        return "Signing(...)"

    def sign(self, name: str) -> str:
        """What a server must say of a normalised e-mail or a user id."""
        return hmac.digest(self.secret, name.encode("utf-8", "replace"), "sha256").hex()

    def proves(self, name: str, signature: str) -> bool:
        """Whether the signature is that of this e-mail or user id; compared in constant time."""
        if not self.secret or not signature or not name:
            return False
        return hmac.compare_digest(self.sign(name).encode(), signature.strip().lower().encode("utf-8", "replace"))


UNSIGNED: Final = Signing(b"")


def signature_in(identity: Mapping[str, Any]) -> str:
    """`signature` of an event's `context.identity`, "" for none."""
    said = identity.get("signature")
    return said if isinstance(said, str) and len(said) <= MAX_SIGNATURE else ""
