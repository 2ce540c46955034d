"""Who may sign in, as the user file says now: read again when it changed, at most once a second.

A file that is broken or gone keeps the last good one. The console changes it as `leadstream users` does, through
`user_book.opened`: for an operator, for whoever chooses a password or signs out everywhere, and where a password's hash
is renewed because argon2's parameters have changed.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from running.private_files import why_not_writable
from running.wall_clock import utc_ms
from streams.console.access.sign_ins import SignIn, note_sign_in, read_sign_ins
from streams.console.access.user_book import LONGEST_PASSWORD, UserBook, opened
from streams.console.access.user_file import UserEntry, name_key, read_user_file
from streams.errors import StreamError
from streams.watched_file import WatchedFile

__all__ = ["People", "Users"]

AT_ONCE: Final = 2  # each verification takes 64 MiB
T = TypeVar("T")
log = structlog.get_logger()


class People(Struct, frozen=True):
    """The users as they are known, and when each signed in last, by `name_key`. `fixed`: why none can be changed."""

    users: tuple[UserEntry, ...]
    sign_ins: Mapping[str, SignIn]
    fixed: str


class Users:
    """The users of one file. Raises SettingsError at the start where it cannot be read."""

    def __init__(
        self, path: Path, *, hasher: PasswordHasher | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self._hasher = hasher or PasswordHasher()
        self._file: WatchedFile[dict[str, UserEntry]] = WatchedFile(path, _users_in, {}, name="users", clock=clock)
        self._file.read()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")  # an unknown name takes as long as a known one

    def named(self, name: str) -> UserEntry | None:
        """The user of this name, None where there is none or it is disabled."""
        found = self._file.look().get(name_key(name))
        return None if found is None or found.disabled_at is not None else found

    async def verified(self, name: str, password: str) -> UserEntry | None:
        """The user whose password this is. It takes about 190 ms of a core, in a thread."""
        found = self.named(name)
        if len(password) > LONGEST_PASSWORD:
            return None
        async with self._turns:
            hashed = self._nobody if found is None else found.hash or self._nobody
            good = await asyncio.to_thread(self._is, hashed, password)
        if not good or found is None:
            return None
        if self._hasher.check_needs_rehash(found.hash):
            await asyncio.to_thread(self._renew, found, password)
        return found

    async def change(self, act: Callable[[UserBook], T]) -> T:
        """What `act` does to the book, written and known here at once; other consoles know it within two seconds.

        Raises BadUser, SettingsError where the file is broken, OSError where it cannot be written.
        """
        async with self._turns:  # it may hash a password
            return await asyncio.to_thread(self._change, act)

    async def sign_out_everywhere(self, name: str) -> UserEntry:
        """Raises OSError or StreamError where the file cannot be written."""
        return await self.change(lambda book: book.end_sessions(name))

    async def behind(self, token: str) -> UserEntry | None:
        """Whom a link lets choose a password, as the file says now. Raises SettingsError where it is broken."""
        found = await asyncio.to_thread(read_user_file, self.path)
        return UserBook(found.users, at=utc_ms(), hasher=self._hasher).behind(token)

    async def note_sign_in(self, name: str, sign_in: SignIn) -> None:
        """Keep it beside the file, where that can be done."""
        try:
            await asyncio.to_thread(note_sign_in, self.path, name, sign_in)
        except OSError as error:
            log.info("sign_in_not_noted", error=str(error))

    async def people(self) -> People:
        """All of them, for whoever looks after them. It needs no file that can be read or written."""
        users = self._file.look()
        return await asyncio.to_thread(self._people, users)

    def _people(self, users: Mapping[str, UserEntry]) -> People:
        try:
            read_user_file(self.path)
            said = why_not_writable(self.path)
        except StreamError as error:
            said = str(error)
        try:
            seen = read_sign_ins(self.path)
        except OSError:
            seen = {}
        return People(tuple(users.values()), seen, said)

    def _change(self, act: Callable[[UserBook], T]) -> T:
        with opened(self.path, hasher=self._hasher) as book:
            done = act(book)
        self._file.look_anew()
        return done

    def _is(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _renew(self, entry: UserEntry, password: str) -> None:
        try:
            with opened(self.path, hasher=self._hasher) as book:
                book.rehash(entry.name, password, version=entry.version)
        except (OSError, StreamError) as error:
            log.warning("password_hash_not_renewed", error=type(error).__name__)


def _users_in(path: Path) -> dict[str, UserEntry]:
    return {name_key(one.name): one for one in read_user_file(path).users}
