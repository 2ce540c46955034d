"""The supervisor's end of the guard (guard.py)."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

__all__ = ["Guarded"]

GUARD: Final = Path(__file__).with_name("guard.py")
WAIT_S: Final = 60.0  # its grace of 5 s, and what a busy machine takes on top


class Guarded:
    """While this is open, whatever happens to this process ends the process groups that it named."""

    def __enter__(self) -> Self:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD)], stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends what is still on the list, and waits for that."""
        with suppress(BrokenPipeError):
            self._pipe.close()
        self._guard.wait(WAIT_S)

    def add(self, pid: int) -> None:
        """`pid` leads a process group."""
        self._say(f"+{pid}\n")

    def remove(self, pid: int) -> None:
        """Its group is gone."""
        self._say(f"-{pid}\n")

    @property
    def _pipe(self) -> IO[bytes]:
        if self._guard.stdin is None:
            raise RuntimeError("a pipe was asked for")
        return self._guard.stdin

    def _say(self, line: str) -> None:
        with suppress(BrokenPipeError):  # without its guard, `up` still works
            self._pipe.write(line.encode())
            self._pipe.flush()
