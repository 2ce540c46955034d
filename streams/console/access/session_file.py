"""What ended sessions before their time, and who came from the provider: a file (`LEADSTREAM_CONSOLE__SESSIONS`).

Sessions themselves are cookies. What stands here is kept for longer than any session lives, then goes by itself.
Consoles may share the file; they and `leadstream users` write it in turns.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from running.private_files import locked, read_private, write_private
from streams.console.access.roles import Role
from streams.errors import SettingsError

__all__ = ["KEPT_MS", "MOST", "CompanyPerson", "SessionBook", "SessionFile", "opened_sessions", "person_id",
           "read_sessions", "sid_mark"]  # fmt: skip

FORMAT: Final = 1
KEPT_MS: Final = 24 * 3_600_000  # twice as long as a session
MOST: Final = 10_000
_DIGITS: Final = 32


class CompanyPerson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom the provider signed in. `at`: when last, UTC milliseconds; 0 = never here.

    `version`: sessions that carry a lower one ended; it grows as the clock does, so that one that was forgotten is
    never used again.
    """

    subject: str
    name: str
    role: Role
    email: str = ""
    at: int = 0
    version: int = 0

    @property
    def label(self) -> str:
        """As the audit log names them: a name may be had twice."""
        return f"{self.name} ({self.subject})" if self.name else self.subject

    def may_be_here(self, now: int, *, longest_ms: int) -> bool:
        """Whether a session of theirs may be open."""
        return self.at >= self.version and now - self.at <= longest_ms


class SessionFile(Struct, frozen=True, kw_only=True):
    """The whole file. `since`: sessions that began before ended. `ended`: keys, sids and tokens, and when.

    `people` by `person_id`.
    """

    format: int = FORMAT
    since: int = 0
    ended: Mapping[str, int] = {}
    people: Mapping[str, CompanyPerson] = {}


class SessionBook:
    """The file, changed in memory. `at`: UTC milliseconds."""

    def __init__(self, before: SessionFile, *, at: int) -> None:
        self.at = at
        self._since = before.since
        self._ended = {mark: when for mark, when in before.ended.items() if at - when < KEPT_MS}
        self._people = {key: one for key, one in before.people.items() if at - max(one.at, one.version) < KEPT_MS}

    @property
    def people(self) -> Mapping[str, CompanyPerson]:
        """By `person_id`."""
        return self._people

    def end(self, mark: str) -> bool:
        """What carries this ended; False where it had already.

        So many as nobody ends in a day end everything that is open: to forget one would let it live again.
        """
        if mark in self._ended:
            return False
        if len(self._ended) >= MOST:
            self._since = self.at
            self._ended.clear()
        self._ended[mark] = self.at
        return True

    def came(self, key: str, person: CompanyPerson) -> CompanyPerson:
        """Somebody was signed in; the version is the one that the session carries."""
        known = self._people.get(key)
        return self._put(key, replace(person, at=self.at, version=0 if known is None else known.version))

    def end_person(self, key: str, *, subject: str = "") -> CompanyPerson:
        """All their sessions ended. Raises KeyError for somebody unknown, unless it is told what they are called."""
        known = self._people.get(key)
        if known is None:
            if not subject:
                raise KeyError(key)
            known = CompanyPerson(subject=subject, name="", role="viewer")
        return self._put(key, replace(known, version=max(self.at, known.version + 1)))

    def file(self) -> SessionFile:
        """What is to be kept."""
        return SessionFile(since=self._since, ended=self._ended, people=self._people)

    def _put(self, key: str, person: CompanyPerson) -> CompanyPerson:
        self._people[key] = person
        return person


def person_id(issuer: str, subject: str) -> str:
    """Under which one person of one provider is kept."""
    return sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:_DIGITS]


def sid_mark(issuer: str, sid: str) -> str:
    """What ends the sessions that belong to one session at the provider."""
    return "sid:" + sha256(f"{issuer}\0{sid}".encode()).hexdigest()[:_DIGITS]


def read_sessions(path: Path) -> SessionFile:
    """Raises SettingsError, which says what is wrong and what to do."""
    return read_private(
        path, SessionFile, setting="LEADSTREAM_CONSOLE__SESSIONS", what="file of ended sessions",
        make="the console makes it when it starts", newest=FORMAT, refused=SettingsError,
    )  # fmt: skip


@contextmanager
def opened_sessions(
    path: Path, *, now: Callable[[], int], known: SessionFile | None = None
) -> Iterator[SessionBook]:
    """The book of this file, written when the block ends well. Where it is missing it begins with what is `known`.

    None: with nothing, and since what ended before is not known, all that was open before has ended.
    Raises SettingsError where it is broken, OSError where it cannot be written.
    """
    with locked(path):
        at = now()
        before = read_sessions(path) if path.exists() else known or SessionFile(since=at)
        book = SessionBook(before, at=at)
        yield book
        write_private(path, msgspec.json.encode(book.file()))
