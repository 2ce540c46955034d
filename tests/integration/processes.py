"""Processes of a test: real ones, started, killed and asked to leave by their own pid."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local.ports import HOST, free_ports
from tests.bench.machine import cpu_seconds
from tests.integration.bus import wait_until

__all__ = ["Process", "stopped"]

READY_S: Final = 180.0  # it takes moments: only a failure takes so long, or a machine with much else to do
STOPPED_S: Final = 60.0


def stopped(pid: int) -> None:
    """SIGSTOP, and until no thread of it runs: each stops when it has its turn next. Raises AssertionError."""
    os.kill(pid, signal.SIGSTOP)
    tasks = Path(f"/proc/{pid}/task")

    def rests() -> bool:
        with suppress(OSError):  # a thread may end instead
            return all(one.read_text().rpartition(") ")[2][0] == "T" for one in tasks.glob("*/stat"))
        return False

    wait_until(rests, within_s=STOPPED_S, what=f"process {pid} rests", every_s=0.005)


class Process:
    """One of our processes, which serves its health at `port` and logs to a file. A context manager: it is gone after.

    `told` is its whole `LEADSTREAM_*` environment. `before`: a command that starts the command.
    """

    def __init__(self, place: Path, *, name: str) -> None:
        (self.port,) = free_ports(1)
        self.name = name
        self.log = place / f"{name}.log"

    def run(self, arguments: Sequence[str], told: Mapping[str, str], *, before: Sequence[str] = ()) -> None:
        """Starts it: Python with these arguments."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")}
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                [*before, sys.executable, "-W", "ignore", *arguments], env={**inherited, **told}, stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.pid = self.child.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def code(self) -> int | None:
        """Its exit code once it has ended."""
        return self.child.poll()

    def ready(self) -> bool:
        """Whether it says so itself. Raises AssertionError when it has died."""
        assert self.code is None, f"{self.name} ended with {self.code}:\n{self.tail()}"
        with suppress(URLError, OSError), urlopen(f"http://{HOST}:{self.port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def await_ready(self) -> None:
        """Until it says so."""
        wait_until(self.ready, within_s=READY_S, what=f"{self.name} ready\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        with suppress(ProcessLookupError):
            self.child.kill()
        self.child.wait(60)

    def freeze(self) -> None:
        """SIGSTOP; it does nothing more when this returns."""
        stopped(self.pid)

    def thaw(self) -> None:
        """SIGCONT."""
        self.child.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """SIGTERM, without waiting."""
        self.child.send_signal(signal.SIGTERM)

    def leave(self, *, within_s: float = 30) -> float:
        """SIGTERM; seconds until it was gone. Raises AssertionError where that took longer, or it left badly."""
        begin = time.monotonic()
        self.end()
        try:
            self.child.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not leave within {within_s} s:\n{self.tail()}") from None
        assert self.code == 0, f"{self.name} left with {self.code}:\n{self.tail()}"
        return time.monotonic() - begin

    def cpu_s(self) -> float:
        """User and system time that it has used."""
        return cpu_seconds(self.pid)

    def tail(self, lines: int = 25) -> str:
        """What it said last."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
