"""Writing the file of API keys. One writer at a time; readers see the old file or the new one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

import msgspec
from msgspec.structs import replace

from deploy.errors import BadKeys
from running.private_files import locked, write_private
from running.wall_clock import utc_ms
from schemas.api_keys import SCOPES, ApiKey, ApiKeyFile, Scope, api_key_digest
from streams.console.api.ring import read_api_keys
from streams.errors import SettingsError

__all__ = ["ApiKeyBook", "opened", "read", "scopes_of"]

PREFIX: Final = "ak_"  # and 48 hexadecimal digits: what secret scanners look for
_LENGTH: Final = 24
_SHOWN: Final = 4


class ApiKeyBook:
    """The keys of a file, changed in memory."""

    def __init__(self, keys: tuple[ApiKey, ...], *, at: int) -> None:
        self.keys = keys
        self.at = at

    def create(self, name: str, scopes: tuple[Scope, ...], *, lasts_ms: int | None = None) -> tuple[ApiKey, str]:
        """A new key, told this once."""
        key = PREFIX + token_hex(_LENGTH)
        entry = ApiKey(
            id=f"a_{token_hex(4)}", name=name, scopes=scopes, hash=api_key_digest(key),
            hint=f"{PREFIX}…{key[-_SHOWN:]}", created_at=self.at,
            expires_at=None if lasts_ms is None else self.at + lasts_ms,
        )  # fmt: skip
        self.keys = (*self.keys, entry)
        return entry, key

    def revoke(self, named: str) -> ApiKey:
        """Ends a key at once: by its id, or by the whole key. Raises BadKeys, which says what there is."""
        hashed = api_key_digest(named)
        for one in self.keys:
            if named == one.id or hashed == one.hash:
                if one.revoked_at is not None:
                    raise BadKeys(f"{one.id} is revoked already")
                ended = replace(one, revoked_at=self.at)
                self.keys = tuple(ended if other is one else other for other in self.keys)
                return ended
        known = ", ".join(f"{one.id} ({one.hint})" for one in self.keys) or "none"
        raise BadKeys(f"no key has this id, or is this key; known: {known}")


def scopes_of(said: Sequence[str]) -> tuple[Scope, ...]:
    """Each once, in the order of their list. Raises BadKeys."""
    unknown = [one for one in said if one not in SCOPES]
    if unknown:
        raise BadKeys(f"{unknown[0]!r} is no scope; there are {', '.join(SCOPES)}")
    return tuple(one for one in SCOPES if one in said)


def read(path: Path) -> ApiKeyFile:
    """Raises BadKeys, which says what is wrong and what to do."""
    try:
        return read_api_keys(path)
    except SettingsError as error:
        raise BadKeys(str(error)) from error


@contextmanager
def opened(path: Path, *, new: bool = False) -> Iterator[ApiKeyBook]:
    """The book of this file, written when the block ends well. `new`: the file may still be missing. Raises BadKeys."""
    try:
        with locked(path):
            before = ApiKeyFile() if new and not path.exists() else read(path)
            book = ApiKeyBook(before.keys, at=utc_ms())
            yield book
            write_private(path, msgspec.json.format(msgspec.json.encode(ApiKeyFile(keys=book.keys))))
    except OSError as error:
        raise BadKeys(f"{path} cannot be written: {error.strerror}") from error
