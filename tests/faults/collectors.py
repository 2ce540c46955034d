"""Collector processes of a fault test: real ones, started, killed and asked to leave by their own pid."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local.ports import HOST, free_ports
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import SECRET

__all__ = ["KEYS", "Collector"]

KEYS: Final = {"site": "wk_site", "shop": "wk_shop"}  # source -> key
READY_S: Final = 60.0


class Collector:
    """One collector whose requests say when they arrived. A context manager: afterwards it is gone.

    `descriptors`: how many files and sockets it may open, 0 = as many as we. `dated`: False = by the system's clock.
    `more`: settings beside those that every collector of a test has.
    """

    def __init__(self, bus: Bus, place: Path, *, name: str = "collector", bootstrap: str = "", descriptors: int = 0,
                 dated: bool = True, **more: str) -> None:  # fmt: skip
        (self.port,) = free_ports(1)
        self.name = name
        self.log = place / f"{name}.log"
        self._limits = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self._module = "tests.faults.dated_collector" if dated else "producers.collector"
        self._env = {
            "LEADSTREAM_SECRET": SECRET,
            "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap or bus.bootstrap,
            "LEADSTREAM_KAFKA__PARTITIONS": str(bus.partitions),
            "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
            "LEADSTREAM_COLLECTOR__PORT": str(self.port),
            "LEADSTREAM_SPOOL__DIRECTORY": str(place / f"{name}-spool"),
            "LEADSTREAM_WRITE_KEYS": ",".join(f"{key}={source}" for source, key in KEYS.items()),
            **more,
        }
        self.start()

    def start(self) -> None:
        """The process, again at the same port and with the same directory."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")}
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                [*self._limits, sys.executable, "-W", "ignore", "-m", self._module], env={**inherited, **self._env},
                stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.pid = self._child.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def code(self) -> int | None:
        """Its exit code once it has ended."""
        return self._child.poll()

    def ready(self) -> bool:
        """Whether it says that it takes events."""
        assert self.code is None, f"{self.name} ended with {self.code}:\n{self.tail()}"
        with suppress(URLError, OSError):
            return bool(urlopen(f"http://{HOST}:{self.port}/readyz", timeout=5).status == 200)
        return False

    def drained(self) -> bool:
        """Whether Kafka has all that it answered for: nothing goes by a spool."""
        with suppress(URLError, OSError):
            lines = urlopen(f"http://{HOST}:{self.port}/metrics", timeout=5).read().decode().splitlines()
            return all(line.endswith(" 0.0") for line in lines if line.startswith("leadstream_spool_active "))
        return False

    def await_ready(self) -> None:
        """Until it does."""
        wait_until(self.ready, within_s=READY_S, what=f"{self.name} ready\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL."""
        with suppress(ProcessLookupError):
            self._child.kill()
        self._child.wait(10)

    def leave(self, *, within_s: float = 30) -> float:
        """SIGTERM; seconds until it was gone. Raises AssertionError where that took longer, or it left badly."""
        begin = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not leave within {within_s} s:\n{self.tail()}") from None
        assert self.code == 0, f"{self.name} left with {self.code}:\n{self.tail()}"
        return time.monotonic() - begin

    def tail(self, lines: int = 25) -> str:
        """What it said last."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
