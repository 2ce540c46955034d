"""Writing the user file: new users, other roles and passwords, ends. One writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import msgspec
from argon2 import PasswordHasher
from msgspec.structs import replace

from running.private_files import locked, write_private
from running.wall_clock import utc_ms
from streams.console.access.roles import Role
from streams.console.access.user_file import LONGEST_NAME, UserEntry, UserFile, name_key, read_user_file
from streams.console.shown import plain
from streams.console.tongue import N_, filled
from streams.errors import StreamError

__all__ = ["LONGEST_PASSWORD", "SHORTEST_PASSWORD", "USED_UP", "BadUser", "UserBook", "is_operator", "link_to",
           "opened"]  # fmt: skip

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1_000
LINK_MS: Final = 24 * 3_600_000
USED_UP: Final = N_("This link was used or replaced, or is too old. Ask whoever gave it to you for a new one.")


class BadUser(StreamError):
    """Nothing was changed; `said` tells why and what there is, in any language."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class UserBook:
    """The users of a file, changed in memory. What ends sessions raises the user's version.

    The last operator who can sign in stays one, unless `even_last` is said.
    """

    def __init__(self, users: tuple[UserEntry, ...], *, at: int, hasher: PasswordHasher | None = None) -> None:
        self.users = users
        self.at = at
        self._hasher = hasher or PasswordHasher()

    def add(self, name: str, role: Role, password: str) -> UserEntry:
        """A new user. Raises BadUser."""
        self._check_new(name)
        return self._added(UserEntry(name=name, role=role, hash=self._hashed(password), created_at=self.at))

    def invite(self, name: str, role: Role) -> tuple[UserEntry, str]:
        """A new user without a password, and what the link ends with that lets them choose one. Raises BadUser."""
        self._check_new(name)
        self._added(UserEntry(name=name, role=role, hash="", created_at=self.at))
        return self.give_link(name)

    def give_link(self, name: str) -> tuple[UserEntry, str]:
        """Another such link, told this once: it works once and for a day, and takes the place of the former one.

        Raises BadUser.
        """
        found = self.named(name)
        if found.disabled_at is not None:
            raise BadUser(filled(N_("%(name)s is disabled: a link would let nobody in"), name=found.name))
        token = token_urlsafe(24)
        return self._put(replace(found, link=_digest(token), link_until=self.at + LINK_MS)), token

    def behind(self, token: str) -> UserEntry | None:
        """Whom a link lets choose a password; None for one that was used, replaced, taken back, or is too old."""
        digest = _digest(token)
        return next((one for one in self.users
                     if one.link and compare_digest(one.link, digest) and self.at < one.link_until), None)  # fmt: skip

    def use_link(self, token: str, password: str) -> UserEntry:
        """The password that somebody chose; all sessions end, and so does the link. Raises BadUser."""
        found = self.behind(token)
        if found is None:
            raise BadUser(USED_UP)
        return self.set_password(found.name, password)

    def give_role(self, name: str, role: Role, *, even_last: bool = False) -> UserEntry:
        """Another role, from the next request on. Raises BadUser."""
        found = self.named(name)
        if role != "operator":
            self._check_last(found, even_last=even_last)
        return self._put(replace(found, role=role))

    def set_password(self, name: str, password: str) -> UserEntry:
        """Another password; all sessions end. Raises BadUser."""
        return self._ended(replace(self.named(name), hash=self._hashed(password)))

    def disable(self, name: str, *, even_last: bool = False) -> UserEntry:
        """Nobody signs in as this user any more; all sessions end. Raises BadUser."""
        found = self.named(name)
        if found.disabled_at is not None:
            raise BadUser(filled(N_("%(name)s is disabled already"), name=found.name))
        self._check_last(found, even_last=even_last)
        return self._ended(replace(found, disabled_at=self.at))

    def enable(self, name: str) -> UserEntry:
        """May sign in again; sessions of before stay ended. Raises BadUser."""
        found = self.named(name)
        if found.disabled_at is None:
            raise BadUser(filled(N_("%(name)s is not disabled"), name=found.name))
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
        known = ", ".join(one.name for one in self.users) or "-"
        raise BadUser(filled(N_("no user is called %(name)s; there are: %(known)s"), name=name, known=known))

    def _check_new(self, name: str) -> None:
        if not name_key(name) or name != plain(name).strip() or len(name) > LONGEST_NAME:
            said = N_("%(name)s is no name: 1 to %(most)s characters that can be seen")
            raise BadUser(filled(said, name=repr(name), most=LONGEST_NAME))
        if any(name_key(one.name) == name_key(name) for one in self.users):
            raise BadUser(filled(N_("%(name)s is there already; another role or a new link is given to who is there"),
                                 name=name))  # fmt: skip

    def _check_last(self, found: UserEntry, *, even_last: bool) -> None:
        """Raises BadUser where nobody would be left who can look after users."""
        others = (one for one in self.users if one is not found and is_operator(one))
        if not even_last and is_operator(found) and next(others, None) is None:
            said = N_("%(name)s is the last operator who can sign in: make somebody else one first")
            raise BadUser(filled(said, name=found.name))

    def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise BadUser(filled(N_("a password has %(least)s to %(most)s characters"), least=SHORTEST_PASSWORD,
                                 most=LONGEST_PASSWORD))  # fmt: skip
        return self._hasher.hash(password)

    def _added(self, entry: UserEntry) -> UserEntry:
        self.users = (*self.users, entry)
        return entry

    def _ended(self, entry: UserEntry) -> UserEntry:
        return self._put(replace(entry, version=entry.version + 1, link="", link_until=0))

    def _put(self, entry: UserEntry) -> UserEntry:
        self.users = tuple(entry if name_key(one.name) == name_key(entry.name) else one for one in self.users)
        return entry


def link_to(public_url: str, token: str) -> str:
    """The address behind which somebody chooses a password."""
    return f"{public_url.rstrip('/')}/login/password/{token}"


def is_operator(entry: UserEntry) -> bool:
    """Whether this user can sign in as an operator today."""
    return entry.role == "operator" and entry.disabled_at is None and bool(entry.hash)


def _digest(token: str) -> str:
    """Of 192 random bits, so a plain hash tells nothing."""
    return sha256(token.encode()).hexdigest()


@contextmanager
def opened(path: Path, *, new: bool = False, hasher: PasswordHasher | None = None) -> Iterator[UserBook]:
    """The book of this file, written when the block ends well. `new`: it may still be missing.

    Raises BadUser, SettingsError where the file is broken, OSError where it cannot be written.
    """
    with locked(path):
        before = UserFile() if new and not path.exists() else read_user_file(path)
        book = UserBook(before.users, at=utc_ms(), hasher=hasher)
        yield book
        write_private(path, msgspec.json.format(msgspec.json.encode(UserFile(users=book.users))))
