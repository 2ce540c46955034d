"""Links of a mail: tokens that say whose message it was, signed, so that nobody writes one but us.

A token is `<key id>.<what it says>.<signature>`. One of another kind does not verify: a pixel cannot unsubscribe.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from msgspec import DecodeError, Struct, ValidationError
from msgspec.msgpack import Decoder, encode

from producers.errors import BadLink, BadTarget
from producers.mail.targets import checked_target

__all__ = ["Kind", "Link", "Links"]

Kind: TypeAlias = Literal["click", "open", "unsubscribe"]
DAY_MS: Final = 86_400_000
MAX_TOKEN: Final = 4_096
SIGNED: Final = 16  # bytes of the signature: 128 bits


class Link(Struct, frozen=True, array_like=True):
    """One link of one message to one lead. `made_at` is UTC milliseconds; `number` tells the links of a mail apart."""

    lead_id: str
    message_id: str
    made_at: int
    to: str = ""
    number: str = ""
    program_id: str = ""


_read: Final = Decoder(Link).decode


class Links:
    """`keys` by id: the first one signs, all verify. Links and pixels live for `days`; unsubscribing never ends."""

    def __init__(self, keys: Mapping[str, str], *, days: int) -> None:
        self._keys = {name: key.encode() for name, key in keys.items()}
        self._signer = next(iter(self._keys), "")
        self._life_ms = days * DAY_MS

    def __bool__(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def token(self, kind: Kind, link: Link) -> str:
        """Raises BadLink without a key, and BadTarget."""
        if not self._keys:
            raise BadLink("no key to sign with")
        if kind == "click":
            checked_target(link.to)
        said = _text(encode(link))
        token = f"{self._signer}.{said}.{_text(self._signature(self._signer, kind, said))}"
        if len(token) > MAX_TOKEN:
            raise BadLink(f"a token of {len(token)} characters, more than {MAX_TOKEN}")
        return token

    def link(self, kind: Kind, token: str, *, now_ms: int) -> Link:
        """What a token says. Raises BadLink: forged, of another kind, of a key that is gone, too old."""
        name, _, rest = token.partition(".")
        said, _, signature = rest.partition(".")
        if len(token) > MAX_TOKEN or not token.isascii() or name not in self._keys:
            raise BadLink("signed by no key of ours")
        if not hmac.compare_digest(_text(self._signature(name, kind, said)), signature):
            raise BadLink("not signed by us, or changed")
        try:
            link = _read(urlsafe_b64decode(said + "=" * (-len(said) % 4)))
            if kind == "click":
                checked_target(link.to)
        except (ValueError, DecodeError, ValidationError, BadTarget) as error:
            raise BadLink("signed, and of no shape of ours") from error
        if kind != "unsubscribe" and now_ms - link.made_at > self._life_ms:
            raise BadLink("too old")
        return link

    def _signature(self, name: str, kind: Kind, said: str) -> bytes:
        return hmac.digest(self._keys[name], f"leadstream.mail.{kind}\0{name}.{said}".encode(), sha256)[:SIGNED]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
