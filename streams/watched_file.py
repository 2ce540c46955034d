"""A file that others write while we run: read again when it changed, looked at once a second at most.

One that is broken or gone changes nothing, and is tried again at each look: what keeps it from being read may be ours.
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

import structlog

from running.file_stamps import Stamp, stamp_of
from streams.errors import StreamError

__all__ = ["LOOK_S", "WatchedFile"]

LOOK_S: Final = 1.0
T = TypeVar("T")
log = structlog.get_logger()


class WatchedFile(Generic[T]):
    """What one file says; `value` until it was read. `name`: what it is, in the log. `clock`: seconds, never back.

    `reading` raises OSError or StreamError where the file cannot be read.
    """

    def __init__(self, path: Path, reading: Callable[[Path], T], value: T, *, name: str,
                 clock: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.path = path
        self.value = value
        self._reading = reading
        self._name = name
        self._clock = clock
        self._looked = clock() - LOOK_S
        self._stamp: Stamp | None = None
        self._trouble = ""
        self._turn = Lock()

    def look(self) -> T:
        """What it says, as far as that can be read."""
        if self._clock() - self._looked >= LOOK_S:
            self._looked = self._clock()
            self._followed()
        return self.value

    def look_anew(self) -> None:
        """It was written just now: the next look does not wait."""
        self._looked = self._clock() - LOOK_S

    def read(self) -> T:
        """What it says now. Raises what `reading` raises. Any thread may ask.

        The stamp comes first: a file that changes in between is read again at the next look.
        """
        with self._turn:
            stamp = stamp_of(self.path) if self.path.exists() else None  # what is missing, `reading` says
            self.value, self._stamp = self._reading(self.path), stamp
            return self.value

    def _followed(self) -> None:
        trouble = ""
        try:
            if stamp_of(self.path) != self._stamp:
                self.read()
                log.info("file_read", file=self._name)
        except (OSError, StreamError) as error:
            trouble = str(error)
        if trouble and trouble != self._trouble:
            log.warning("file_broken", file=self._name, error=trouble, kept="what it said before")
        self._trouble = trouble
