"""Who sends: a key stands in one of four places, the first one found counts, and two are never compared.

Authorization (Basic, the key is the user name) -> X-Write-Key -> ?writeKey= -> `writeKey` in the body. SDKs mask or
repeat keys in later places, so a later place never overrules an earlier one.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from msgspec import Struct

from producers.collector.sources import Source, Sources
from producers.errors import Refusal, Refused
from schemas.delivery import Trust

__all__ = ["Headers", "KeyRing", "Sender", "offered_key"]

Headers = Mapping[bytes, bytes]
_IN_QUERY: Final = re.compile(rb"(?:^|&)writeKey=([^&]+)")


class Sender(Struct, frozen=True):
    """The source that a key stands for, how far it is believed, and what its operator says of it."""

    source: str
    trust: Trust
    policy: Source


class KeyRing:
    """All keys that count: write keys are public and claim, server keys are secret and prove."""

    def __init__(self, *, write_keys: Mapping[str, str], server_keys: Mapping[str, str], sources: Sources) -> None:
        self._senders = {key: Sender(source, "claimed", sources[source]) for key, source in write_keys.items()}
        self._senders |= {key: Sender(source, "proven", sources[source]) for key, source in server_keys.items()}

    def sender_of(self, key: str | None) -> Sender:
        """Raises Refused(KEY), with the same words for a missing and for an unknown key."""
        found = self._senders.get(key) if key else None
        if found is None:
            raise Refused(Refusal.KEY, "no such key")
        return found

    def is_public(self, key: str) -> bool:
        """Whether this is a write key that counts: a server key must never be repeated to a page."""
        found = self._senders.get(key)
        return found is not None and found.trust == "claimed"


def offered_key(headers: Headers, query: bytes) -> str | None:
    """The key of the headers or the query, None where there is none (then the body may have it)."""
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, value = authorization.partition(b" ")
        key = _of_basic(value) if scheme.lower() == b"basic" else None
        key = value.strip().decode("latin-1") if scheme.lower() == b"bearer" and value.startswith(b"sk_") else key
        if key:
            return key
    named = headers.get(b"x-write-key")
    if named:
        return named.decode("latin-1").removesuffix(":")
    found = _IN_QUERY.search(query) if query else None
    return unquote_plus(found[1].decode("latin-1")) if found else None


def _of_basic(value: bytes) -> str | None:
    """`<key>:` without its one colon at the end; a key may hold colons itself."""
    try:
        return b64decode(value.strip() + b"==").decode("latin-1").removesuffix(":")
    except (binascii.Error, ValueError):
        return None
