"""Which sessions are over before their time, as the file says now: read again when it changed, at most once a second.

A file that is broken or gone keeps the last good one. Without a file it is kept in memory, for as long as the process.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import structlog

from running.wall_clock import utc_ms
from streams.console.access.session_file import (
    CompanyPerson,
    SessionBook,
    SessionFile,
    opened_sessions,
    read_sessions,
)
from streams.errors import SettingsError, StreamError
from streams.metrics import Bound
from streams.watched_file import WatchedFile

__all__ = ["NotKept", "Sessions"]

MOST_HERE: Final = 10_000
T = TypeVar("T")
log = structlog.get_logger()


class NotKept(StreamError):
    """The file cannot be written, or read: nothing was changed; the text says why."""


class Sessions:
    """`now` gives UTC milliseconds. Raises SettingsError, OSError at the start: what cannot be ended is not begun."""

    def __init__(
        self, path: Path | None, *, now: Callable[[], int] = utc_ms, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._here: dict[str, None] = {}  # signed out here: over at once, and where the file cannot be written
        self._turns = asyncio.Semaphore(1)
        self._kept_here = SessionFile()  # where there is no file
        self._file: WatchedFile[SessionFile] | None = None
        if path is not None:
            with opened_sessions(path, now=now):
                pass
            self._file = WatchedFile(path, read_sessions, SessionFile(), name="ended sessions", clock=clock)
            self._file.read()

    def is_over(self, key: str, *, born: int, person: str = "", version: int = 0, sid: str = "") -> bool:
        """Whether the session with this key ended. `born`: when it began; the rest as in Session."""
        held = self._look()
        if key in self._here or key in held.ended or born < held.since or (sid and sid in held.ended):
            return True
        found = held.people.get(person)
        return found is not None and version < found.version

    def bounds(self) -> list[Bound]:
        """Sessions that ended here, until the file has them."""
        return [Bound("sessions_ended_here", len(self._here), MOST_HERE)]

    def people(self) -> Mapping[str, CompanyPerson]:
        """Who came from the provider lately, by `person_id`."""
        return self._look().people

    async def end(self, key: str) -> None:
        """One session ended, whoever else has its cookie: here at once, and for good where the file can be written."""
        self._here[key] = None
        while len(self._here) > MOST_HERE:
            del self._here[next(iter(self._here))]
        try:
            await self.change(lambda book: book.end(key))
        except NotKept as error:
            log.warning("session_end_not_kept", error=str(error))

    async def change(self, act: Callable[[SessionBook], T]) -> T:
        """What `act` does to the book, written and known here at once; other consoles know it within two seconds.

        Raises what `act` raises, and NotKept.
        """
        async with self._turns:
            try:
                return await asyncio.to_thread(self._change, act)
            except (OSError, SettingsError) as error:
                raise NotKept(error.strerror or "" if isinstance(error, OSError) else str(error)) from error

    def _change(self, act: Callable[[SessionBook], T]) -> T:
        if self._file is None:
            book = SessionBook(self._kept_here, at=self._now())
            done = act(book)
            self._kept_here = book.file()
            return done
        with opened_sessions(self._file.path, now=self._now, known=self._file.value) as book:
            done = act(book)
        self._file.read()
        return done

    def _look(self) -> SessionFile:
        return self._kept_here if self._file is None else self._file.look()
