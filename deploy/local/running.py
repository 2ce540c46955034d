"""One child over all its lives: started, ready, ended, started again."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from deploy.local.child import Child
from deploy.local.guarded import Guarded
from deploy.local.logs import ChildLog

__all__ = ["Running", "State"]

CHUNK: Final = 65_536
DRAIN_S: Final = 1.0


class State(StrEnum):
    """Where a child stands, as the progress display says it."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    AGAIN = "starting again"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Running:
    """The process of one child.

    Each leads a process group of its own, so that Ctrl-C reaches the supervisor alone and the order of the end is ours.
    """

    def __init__(self, child: Child, *, logs: Path, tell: Callable[[str], None], guard: Guarded) -> None:
        self.child = child
        self._guard = guard
        self._code = 0
        self.state = State.WAITING
        self.settled = False  # it was ready once
        self.since = 0.0  # loop time of the last start
        self.log = ChildLog(logs / f"{child.name}.log", tell=tell)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return None if self._process is None else self._process.pid

    async def begin(self) -> None:
        """Start the process. Raises OSError where the command cannot be run."""
        self.since = asyncio.get_running_loop().time()
        self.log.tail.clear()
        # A pipe of ours: asyncio's own would let wait() hang as long as a grandchild holds the other end.
        ours, theirs = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env={**os.environ, **self.child.env},
                start_new_session=True,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._guard.add(self._process.pid)
        self._reading = asyncio.create_task(self._read(ours))

    async def ended(self) -> int:
        """Wait for its end and return its code (-9: killed by signal 9). What it printed last is in the log by then."""
        process, reading = self._process, self._reading
        if process is not None and reading is not None:
            self._code = await process.wait()
            self.sweep()
            await asyncio.wait((reading,), timeout=DRAIN_S)  # who left the group may still hold the pipe
            reading.cancel()
            self._guard.remove(process.pid)
            self._process = None
        return self._code

    def ask_to_end(self) -> None:
        """SIGTERM to the process; it ends its own workers in its own order."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def sweep(self) -> None:
        """SIGKILL to what is left of its group."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _read(self, pipe: int) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", buffering=0)
        )
        with closing(transport):
            while chunk := await stream.read(CHUNK):
                self.log.write(chunk)
