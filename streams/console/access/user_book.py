"""Writing the user file: new users, other roles and passwords, ends. One writer at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from msgspec.structs import replace

from streams.console.access.roles import Role
from streams.console.access.user_file import LONGEST_NAME, UserEntry, UserFile, name_key, read_user_file
from streams.console.shown import plain
from streams.errors import StreamError
from streams.private_files import locked, write_private

__all__ = ["SHORTEST_PASSWORD", "BadUser", "UserBook", "opened"]

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000


class BadUser(StreamError):
    """Nothing was changed; the text says why and what there is."""


class UserBook:
    """The users of a file, changed in memory. What ends sessions raises the user's version."""

    def __init__(self, users: tuple[UserEntry, ...], *, at: int, hasher: PasswordHasher | None = None) -> None:
        self.users = users
        self.at = at
        self._hasher = hasher or PasswordHasher()

    def add(self, name: str, role: Role, password: str) -> UserEntry:
        """A new user. Raises BadUser."""
        if not name_key(name) or name != plain(name).strip() or len(name) > LONGEST_NAME:
            raise BadUser(f"{name!r} is no name: 1 to {LONGEST_NAME} characters that can be seen")
        if any(name_key(one.name) == name_key(name) for one in self.users):
            raise BadUser(f"{name} is there already; leadstream users enable, role or passwd changes a user")
        entry = UserEntry(name=name, role=role, hash=self._hashed(password), created_at=self.at)
        self.users = (*self.users, entry)
        return entry

    def give_role(self, name: str, role: Role) -> UserEntry:
        """Another role, from the next request on. Raises BadUser."""
        return self._put(replace(self.named(name), role=role))

    def set_password(self, name: str, password: str) -> UserEntry:
        """Another password; all sessions end. Raises BadUser."""
        return self._ended(replace(self.named(name), hash=self._hashed(password)))

    def disable(self, name: str) -> UserEntry:
        """Nobody signs in as this user any more; all sessions end. Raises BadUser."""
        found = self.named(name)
        if found.disabled_at is not None:
            raise BadUser(f"{found.name} is disabled already")
        return self._ended(replace(found, disabled_at=self.at))

    def enable(self, name: str) -> UserEntry:
        """May sign in again; sessions of before stay ended. Raises BadUser."""
        found = self.named(name)
        if found.disabled_at is None:
            raise BadUser(f"{found.name} is not disabled")
        return self._put(replace(found, disabled_at=None))

    def end_sessions(self, name: str) -> UserEntry:
        """Signed out everywhere. Raises BadUser."""
        return self._ended(self.named(name))

    def rehash(self, name: str, password: str, *, version: int) -> None:
        """The same password under today's parameters, unless it was changed since. Ends no session. Raises BadUser."""
        found = self.named(name)
        if found.version == version:
            self._put(replace(found, hash=self._hasher.hash(password)))

    def named(self, name: str) -> UserEntry:
        """Raises BadUser, which names those that there are."""
        for one in self.users:
            if name_key(one.name) == name_key(name):
                return one
        raise BadUser(f"no user is called {name}; there are: {', '.join(one.name for one in self.users) or 'none'}")

    def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise BadUser(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        return self._hasher.hash(password)

    def _ended(self, entry: UserEntry) -> UserEntry:
        return self._put(replace(entry, version=entry.version + 1))

    def _put(self, entry: UserEntry) -> UserEntry:
        self.users = tuple(entry if name_key(one.name) == name_key(entry.name) else one for one in self.users)
        return entry


@contextmanager
def opened(path: Path, *, new: bool = False, hasher: PasswordHasher | None = None) -> Iterator[UserBook]:
    """The book of this file, written when the block ends well. `new`: it may still be missing.

    Raises BadUser, SettingsError where the file is broken, OSError where it cannot be written.
    """
    with locked(path):
        before = UserFile() if new and not path.exists() else read_user_file(path)
        book = UserBook(before.users, at=time.time_ns() // 1_000_000, hasher=hasher)
        yield book
        write_private(path, msgspec.json.format(msgspec.json.encode(UserFile(users=book.users))))
