"""The key file (`LEADSTREAM_COLLECTOR__KEYS`): which keys there are, without the keys. `leadstream keys` writes it.

A key is 128 random bits or more, so one fast hash keeps it: nobody guesses it, and a slow hash or a salt would only
make each look-up dear. Who reads the file can send nothing with it.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from producers.errors import BadSettings
from running.private_files import read_private

__all__ = ["FORMAT", "KeyEntry", "KeyFile", "Kind", "State", "digest", "read_key_file", "state_of"]

FORMAT: Final = 1
Kind: TypeAlias = Literal["public", "server"]
State: TypeAlias = Literal["live", "ending", "ended", "revoked"]
_PERSON: Final = b"leadstream.key"


class KeyEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key. `hint` is what may be shown of it; times are UTC milliseconds."""

    id: str
    kind: Kind
    source: str
    hash: str
    hint: str
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None


class KeyFile(Struct, frozen=True, kw_only=True):
    """The whole file."""

    format: int = FORMAT
    keys: tuple[KeyEntry, ...] = ()


def digest(key: str) -> str:
    """What the file keeps of a key."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=32, person=_PERSON).hexdigest()


def state_of(entry: KeyEntry, *, now_ms: int) -> State:
    """`live` and `ending` count; `ending` has an end that is still to come."""
    if entry.revoked_at is not None:
        return "revoked"
    if entry.expires_at is None:
        return "live"
    return "ending" if now_ms < entry.expires_at else "ended"


def read_key_file(path: Path) -> KeyFile:
    """Raises BadSettings, which says what is wrong and what to do."""
    return read_private(
        path, KeyFile, setting="LEADSTREAM_COLLECTOR__KEYS", what="key file", make="leadstream keys create",
        newest=FORMAT, refused=BadSettings,
    )  # fmt: skip
