"""Threads that ask the same far end: while it is away one finds out whether it is back, and the others hear the same.

Each would need seconds to hear it, one after the other, and whatever else needs a thread would wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from threading import Lock

__all__ = ["Turns"]


class Turns:
    """`away`: what a turn raises where nobody answers. Who takes `lock` itself waits for the turn that is under way."""

    def __init__(self, away: type[Exception]) -> None:
        self.lock = Lock()
        self._away = away
        self._heard: Exception | None = None  # last, None where the far end answered

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Ours, once it is our turn. Raises what another one has heard meanwhile, or heard last and is finding out."""
        before = self._heard
        if before is None:
            self.lock.acquire()
        elif not self.lock.acquire(blocking=False):
            raise copy(before)
        try:
            if self._heard is not None and self._heard is not before:
                raise copy(self._heard)
            try:
                yield
            except self._away as error:
                self._heard = copy(error)  # without the frames that it came through
                raise
            self._heard = None
        finally:
            self.lock.release()
