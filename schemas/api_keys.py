"""The file of API keys (`LEADSTREAM_CONSOLE__API_KEYS`): which keys there are, without the keys, and what each may.

They are not the collector's keys: who may send events may not read people. A key is 192 random bits, so one fast hash
keeps it, and who reads the file can ask nothing with it.
"""

from hashlib import blake2b
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

__all__ = ["API_KEY_FILE_FORMAT", "SCOPES", "ApiKey", "ApiKeyFile", "Scope", "api_key_digest", "counts"]

API_KEY_FILE_FORMAT: Final = 1
Scope: TypeAlias = Literal[
    "accounts:read", "alerts:act", "alerts:read", "audiences:read", "costs:read", "costs:write", "flow:read",
    "leads:read", "mail:ask", "people:erase", "people:export", "profiles:read", "profiles:visitor",
]  # fmt: skip
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_PERSON: Final = b"leadstream.api"


class ApiKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key. `name` is the actor of what is done with it; `hint` is what may be shown; times are UTC milliseconds."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    hash: str
    hint: str
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None


class ApiKeyFile(Struct, frozen=True, kw_only=True):
    """The whole file."""

    format: int = API_KEY_FILE_FORMAT
    keys: tuple[ApiKey, ...] = ()


def api_key_digest(key: str) -> str:
    """What the file keeps of a key."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=32, person=_PERSON).hexdigest()


def counts(key: ApiKey, *, now: int) -> bool:
    """Whether it opens anything at `now`."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)
