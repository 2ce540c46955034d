"""Worker processes of a test: real ones, started, killed and asked to leave by their own pid."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local.ports import free_ports
from tests.bench.machine import cpu_seconds
from tests.integration.bus import Bus, wait_until

__all__ = ["SECRET", "Worker", "environment", "metric"]

SECRET: Final = "integration-secret-0123456789"
READY_S: Final = 180.0


def environment(
    bus: Bus, *, port: int, datadir: Path, redis_url: str, webhook_url: str = "", session_timeout_s: int = 6,
    bootstrap: str = "",
) -> dict[str, str]:  # fmt: skip
    """What a worker of this application is told. `bootstrap`: another way to the broker than the bus's."""
    told = {
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap or bus.bootstrap,
        "LEADSTREAM_KAFKA__PARTITIONS": str(bus.partitions),
        "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
        "LEADSTREAM_KAFKA__EPOCH": str(bus.epoch),
        "LEADSTREAM_REDIS__URL": redis_url,
        "LEADSTREAM_REDIS__KEY_PREFIX": f"{bus.app_id}:",
        "LEADSTREAM_SECRET": SECRET,
        "LEADSTREAM_WORKER__PORT": str(port),
        "LEADSTREAM_WORKER__DATADIR": str(datadir),
        "LEADSTREAM_WORKER__APP_ID": bus.app_id,
        "LEADSTREAM_WORKER__SESSION_TIMEOUT_S": str(session_timeout_s),
        "LEADSTREAM_WORKER__REJECTED_MOST": "1",
        "LEADSTREAM_WORKER__STORE_EVERY_S": "1",
        "LEADSTREAM_WORKER__PAGE_S": "3",
    }
    if webhook_url:
        told |= {
            "LEADSTREAM_WEBHOOK__URL": webhook_url,
            "LEADSTREAM_WEBHOOK__SECRET": "whsec_" + "dGVzdC1zZWNyZXQtMDEyMzQ1Ng==",
        }
    return told


def metric(port: int, name: str, label: str = "") -> float:
    """A metric of the process at that port, summed over its labels or over those that hold `label`."""
    text = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if label in line)


class Worker:
    """One worker process. Use as a context manager: whatever happens, it is gone afterwards."""

    module: ClassVar = "streams"  # what Python runs

    def __init__(self, bus: Bus, place: Path, *, name: str, redis_url: str, webhook_url: str = "",
                 bootstrap: str = "") -> None:  # fmt: skip
        (self.port,) = free_ports(1)
        self.name = name
        self.bootstrap = bootstrap
        self.log = place / f"{name}.log"
        env = environment(bus, port=self.port, datadir=place / name, redis_url=redis_url, webhook_url=webhook_url,
                          bootstrap=bootstrap)  # fmt: skip
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")}
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", self.module, "worker"], env={**inherited, **env}, stdout=out,
                stderr=subprocess.STDOUT,
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
        """Whether it says so itself. Raises AssertionError when it has died."""
        assert self.code is None, f"{self.name} ended with {self.code}:\n{self.tail()}"
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def await_ready(self) -> None:
        """Wait until it holds partitions and has restored its rows."""
        wait_until(self.ready, within_s=READY_S, what=f"{self.name} ready\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        with suppress(ProcessLookupError):
            self._child.kill()
        self._child.wait(10)

    def freeze(self) -> None:
        """SIGSTOP."""
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._child.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """SIGTERM, without waiting."""
        self._child.send_signal(signal.SIGTERM)

    def leave(self, *, within_s: float = 30) -> float:
        """SIGTERM, and how many seconds it took to be gone. Raises AssertionError if it took too long."""
        begin = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not leave within {within_s} s:\n{self.tail()}") from None
        return time.monotonic() - begin

    def cpu_s(self) -> float:
        """User and system time that it has used."""
        return cpu_seconds(self.pid)

    def tail(self, lines: int = 25) -> str:
        """What it said last."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
