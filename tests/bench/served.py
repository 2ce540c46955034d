"""Processes under measurement: started on one core, ready when they answer, ended by their own pid."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

__all__ = ["LOAD_CORE", "SERVER_CORE", "Started", "pinned", "started"]

CORES: Final = sorted(os.sched_getaffinity(0))
LOAD_CORE: Final = CORES[0]  # the broker and the load generator
SERVER_CORE: Final = CORES[-1]  # what is measured


class Started(Struct, frozen=True):
    """A child of ours and where its output goes."""

    pid: int
    log: Path
    child: "subprocess.Popen[bytes]"


def pinned(argv: Sequence[str], *, core: int) -> list[str]:
    """The same command on one core (everywhere where there is no taskset)."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core), *argv] if taskset else list(argv)


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as door:
            if not path:
                return True
            door.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
            return door.recv(64)[9:12] == b"200"
    except OSError:
        return False


@contextmanager
def started(
    module: str,
    *args: str,
    env: Mapping[str, str],
    log: Path,
    core: int,
    port: int = 0,
    path: str = "",
    within_s: float = 40,
    python: Path | None = None,
) -> Iterator[Started]:
    """`python -m module args`; another `python` runs `module` as a file.

    Begins when `port` answers 200 on `path` (any connection, where path is empty).
    """
    begin = [sys.executable, "-W", "ignore", "-m"] if python is None else [str(python), "-W", "ignore"]
    argv = pinned([*begin, module, *args], core=core)
    with log.open("wb") as out:
        child = subprocess.Popen(argv, env={**os.environ, **env}, stdout=out, stderr=subprocess.STDOUT)
    try:
        give_up = time.monotonic() + within_s
        while port and not _answers(port, path):
            if child.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{module} did not come up:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        yield Started(child.pid, log, child)
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)
