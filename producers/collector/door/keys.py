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

from producers.collector.door.key_file import KeyEntry, Kind, digest, state_of
from producers.collector.sources import Source, Sources
from producers.errors import Refusal, Refused
from producers.metrics import KEYS
from schemas.delivery import Trust

__all__ = ["Headers", "KeyRing", "Sender", "offered_key"]

Headers = Mapping[bytes, bytes]
KINDS: Final[tuple[Kind, ...]] = ("public", "server")
MAX_KEY: Final = 256  # characters; ours have 51
_IN_QUERY: Final = re.compile(rb"(?:^|&)writeKey=([^&]+)")


class Sender(Struct, frozen=True):
    """The source that a key stands for, how far it is believed, and what its operator says of it. `key`: its id."""

    source: str
    trust: Trust
    policy: Source
    key: str = ""


class KeyRing:
    """All keys that count: write keys are public and claim, server keys are secret and prove.

    Those of the environment are given at the start; `replace` brings those of the key file, as often as it changes.
    """

    def __init__(self, *, write_keys: Mapping[str, str], server_keys: Mapping[str, str], sources: Sources) -> None:
        self._sources = sources
        self._fixed = {key: self._sender(_id(key), "public", source) for key, source in write_keys.items()}
        self._fixed |= {key: self._sender(_id(key), "server", source) for key, source in server_keys.items()}
        self._known = dict(self._fixed)  # raw keys that were found good: only the first use of each is hashed
        self._hashed: dict[str, Sender] = {}
        self._entries: tuple[KeyEntry, ...] = ()

    def replace(self, entries: tuple[KeyEntry, ...], *, now_ms: int) -> None:
        """The key file's keys from now on: those that are neither revoked nor at their end."""
        good = tuple(one for one in entries if state_of(one, now_ms=now_ms) in {"live", "ending"})
        if good == self._entries:
            return
        self._entries = good
        self._hashed = {one.hash: self._sender(one.id, one.kind, one.source) for one in good}
        self._known = dict(self._fixed)
        for kind in KINDS:
            KEYS.labels(kind).set(sum(one.kind == kind for one in good))

    def sender_of(self, key: str | None) -> Sender:
        """Raises Refused(KEY), with the same words and work for a missing, an unknown and a revoked key."""
        found = self._known.get(key) if key else None
        if found is not None:
            return found
        said = (key or "")[:MAX_KEY]
        found = self._hashed.get(digest(said))
        if found is None:
            raise Refused(Refusal.KEY, "no such key")
        self._known[said] = found  # as many as there are good keys, at most
        return found

    def is_public(self, key: str) -> bool:
        """Whether this is a write key that counts: a server key must never be repeated to a page."""
        try:
            return self.sender_of(key).trust == "claimed"
        except Refused:
            return False

    def _sender(self, key_id: str, kind: Kind, source: str) -> Sender:
        return Sender(source, "claimed" if kind == "public" else "proven", self._sources[source], key_id)


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


def _id(key: str) -> str:
    """Names a key of the environment without telling it."""
    return f"env-{digest(key)[:12]}"
