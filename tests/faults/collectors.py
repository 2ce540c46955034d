"""Collector processes of a fault test."""

from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local.ports import HOST
from tests.integration.bus import Bus
from tests.integration.processes import Process
from tests.integration.workers import SECRET

__all__ = ["KEYS", "Collector"]

KEYS: Final = {"site": "wk_site", "shop": "wk_shop"}  # source -> key


class Collector(Process):
    """One collector whose requests say when they arrived. A context manager: afterwards it is gone.

    `descriptors`: how many files and sockets it may open, 0 = as many as we. `dated`: False = by the system's clock.
    `more`: settings beside those that every collector of a test has.
    """

    def __init__(self, bus: Bus, place: Path, *, name: str = "collector", bootstrap: str = "", descriptors: int = 0,
                 dated: bool = True, **more: str) -> None:  # fmt: skip
        super().__init__(place, name=name)
        self._limits = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self._module = "tests.faults.dated_collector" if dated else "producers.collector"
        self._told = {
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
        self.run(["-m", self._module], self._told, before=self._limits)

    def answers(self) -> bool:
        """Whether it has started, ready or not."""
        return bool(self._metrics())

    def drained(self) -> bool:
        """Whether Kafka has all that it answered for: nothing goes by a spool."""
        lines = self._metrics()
        return bool(lines) and all(
            line.endswith(" 0.0") for line in lines if line.startswith("leadstream_spool_active ")
        )

    def _metrics(self) -> list[str]:
        """None while nobody listens."""
        with suppress(URLError, OSError):
            return urlopen(f"http://{HOST}:{self.port}/metrics", timeout=30).read().decode().splitlines()
        return []
