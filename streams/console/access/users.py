"""Who may sign in, as the user file says now: read again when it changed, at most once a second.

A file that is broken or gone keeps the last good one. The one writer in the console is a user's own: signing out
everywhere, and a password's hash that is renewed when argon2's parameters have changed.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from streams.console.access.user_book import LONGEST_PASSWORD, opened
from streams.console.access.user_file import UserEntry, name_key, read_user_file
from streams.errors import StreamError

__all__ = ["Users"]

LOOK_S: Final = 1.0
AT_ONCE: Final = 2  # each verification takes 64 MiB
log = structlog.get_logger()


class Users:
    """The users of one file. Raises SettingsError at the start where it cannot be read."""

    def __init__(
        self, path: Path, *, hasher: PasswordHasher | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._hasher = hasher or PasswordHasher()
        self._clock = clock
        self._looked = clock()
        self._stamp = self._stamped()
        self._users = _by_name(read_user_file(path).users)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")  # an unknown name takes as long as a known one

    def named(self, name: str) -> UserEntry | None:
        """The user of this name, None where there is none or it is disabled."""
        self._look()
        found = self._users.get(name_key(name))
        return None if found is None or found.disabled_at is not None else found

    async def verified(self, name: str, password: str) -> UserEntry | None:
        """The user whose password this is. It takes about 190 ms of a core, in a thread."""
        found = self.named(name)
        if len(password) > LONGEST_PASSWORD:
            return None
        async with self._turns:
            good = await asyncio.to_thread(self._is, self._nobody if found is None else found.hash, password)
        if not good or found is None:
            return None
        if self._hasher.check_needs_rehash(found.hash):
            await asyncio.to_thread(self._renew, found, password)
        return found

    async def sign_out_everywhere(self, name: str) -> None:
        """Raises OSError or StreamError where the file cannot be written."""
        await asyncio.to_thread(self._end, name)

    def _end(self, name: str) -> None:
        with opened(self._path, hasher=self._hasher) as book:
            book.end_sessions(name)
        self._looked = self._clock() - LOOK_S

    def _is(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _renew(self, entry: UserEntry, password: str) -> None:
        try:
            with opened(self._path, hasher=self._hasher) as book:
                book.rehash(entry.name, password, version=entry.version)
        except (OSError, StreamError) as error:
            log.warning("password_hash_not_renewed", error=type(error).__name__)

    def _look(self) -> None:
        if self._clock() - self._looked < LOOK_S:
            return
        self._looked = self._clock()
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._users = _by_name(read_user_file(self._path).users)
        except StreamError as error:
            log.warning("user_file_broken", error=str(error))
        else:
            log.info("user_file_read", users=len(self._users))

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _by_name(users: tuple[UserEntry, ...]) -> dict[str, UserEntry]:
    return {name_key(one.name): one for one in users}
