"""Worker processes of a test."""

from pathlib import Path
from typing import ClassVar, Final
from urllib.request import urlopen

from tests.integration.bus import Bus
from tests.integration.processes import Process

__all__ = ["SECRET", "Worker", "environment", "metric"]

SECRET: Final = "integration-secret-0123456789"


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
            "LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "127.0.0.1",
            "LEADSTREAM_WEBHOOK__URL": webhook_url,
            "LEADSTREAM_WEBHOOK__SECRET": "whsec_" + "dGVzdC1zZWNyZXQtMDEyMzQ1Ng==",
        }
    return told


def metric(port: int, name: str, label: str = "") -> float:
    """A metric of the process at that port, summed over its labels or over those that hold `label`."""
    text = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if label in line)


class Worker(Process):
    """One worker process. A context manager: whatever happens, it is gone afterwards."""

    module: ClassVar = "streams"  # what Python runs

    def __init__(self, bus: Bus, place: Path, *, name: str, redis_url: str, webhook_url: str = "",
                 bootstrap: str = "") -> None:  # fmt: skip
        super().__init__(place, name=name)
        self.bootstrap = bootstrap
        told = environment(bus, port=self.port, datadir=place / name, redis_url=redis_url, webhook_url=webhook_url,
                           bootstrap=bootstrap)  # fmt: skip
        self.run(["-m", self.module, "worker"], told)
