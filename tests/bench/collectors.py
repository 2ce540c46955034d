"""Runs of collectors under load: ours as it ships, and the Starlette baseline, both replying after the broker's ack.

What each run answered must lie in Kafka, or there is no figure.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Raw, Struct
from msgspec.json import Decoder, decode

from deploy.local.ports import free_ports
from tests.bench.bodies import WRITE_KEY
from tests.bench.load import LoadResult
from tests.bench.served import LOAD_CORE, SERVER_CORE, Started, pinned, started
from tests.integration.bus import Bus

__all__ = ["SECONDS", "Runs", "Serving"]

SECONDS: Final = 5.0
UVICORN: Final = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")


class _Seen(Struct):
    """Of a delivery only how many events it has."""

    events: list[Raw]


_BLOCK: Final = Decoder(list[_Seen])


class Serving(NamedTuple):
    """A collector that runs."""

    child: Started
    port: int


class Runs:
    """One bench: a broker, a place for logs, requests of `events` events each: bodies of posts, or paths of GETs."""

    def __init__(self, bus: Bus, place: Path, *, events: int, requests: Sequence[bytes], method: str = "POST") -> None:
        self.bus = bus
        self.place = place
        self.events = events
        self.method = method
        self.requests = place / f"requests-{method}-{events}.txt"
        self.requests.write_bytes(b"\n".join(requests))

    def load(
        self, serving: Serving, *, rate: float = 0, connections: int = 64, seconds: float = SECONDS
    ) -> LoadResult:
        """Load on the server. Raises RuntimeError if it refused anything."""
        argv = [sys.executable, "-m", "tests.bench.load", "--port", str(serving.port), "--pid", str(serving.child.pid),
                "--body", str(self.requests), "--rate", str(rate), "--seconds", str(seconds), "--method", self.method,
                "--connections", str(connections)]  # fmt: skip
        ran = subprocess.run(pinned(argv, core=LOAD_CORE), capture_output=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"load: {ran.stderr.decode()[-2000:]}")
        result = decode(ran.stdout, type=LoadResult)
        if result.refused:
            raise RuntimeError(f"{result.refused} requests were refused:\n{serving.child.log.read_text()[-2000:]}")
        return result

    def baseline(self, *, rate: float = 0) -> LoadResult:
        """The baseline, one record per event: its topic's end offset counts them."""
        (port,), topic = free_ports(1), self.bus.prefix + "baseline"
        before = sum(self.bus.tops_of(topic).values())
        env = {"BENCH_BOOTSTRAP": self.bus.bootstrap, "BENCH_TOPIC": topic}
        with started(
            "uvicorn", "--port", str(port), *UVICORN, "tests.bench.baselines.starlette_collector:app", env=env,
            core=SERVER_CORE, port=port, log=self.place / "baseline.log",
        ) as server:  # fmt: skip
            result = self.load(Serving(server, port), rate=rate)
        new = sum(self.bus.tops_of(topic).values()) - before
        if new != result.answered * self.events:
            raise RuntimeError(f"answered {result.answered * self.events} events, Kafka holds {new}")
        return result

    def ours(self, *, rate: float = 0) -> LoadResult:
        """Our collector as it ships: its blocks are read back and their events counted."""
        before = self.bus.ends(["visits"])
        with self.serving() as serving:
            result = self.load(serving, rate=rate)
        seen = sum(len(one.events) for block in self.bus.read("visits", before) for one in _BLOCK.decode(block.value))
        if seen != result.answered * self.events:
            raise RuntimeError(f"answered {result.answered * self.events} events, Kafka holds {seen}")
        return result

    @contextmanager
    def serving(self) -> Iterator[Serving]:
        """Our collector."""
        (port,) = free_ports(1)
        env = {
            "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": self.bus.bootstrap,
            "LEADSTREAM_KAFKA__TOPIC_PREFIX": self.bus.prefix,
            "LEADSTREAM_KAFKA__PARTITIONS": str(self.bus.partitions), "LEADSTREAM_WRITE_KEYS": f"{WRITE_KEY}=site",
            "LEADSTREAM_SERVER_KEYS": "sk_bench=crm", "LEADSTREAM_SECRET": "bench-" + "x" * 32,
            "LEADSTREAM_COLLECTOR__PORT": str(port),
        }  # fmt: skip
        log = self.place / "ours.log"
        with started(
            "producers.collector", env=env, core=SERVER_CORE, port=port, path="/readyz", log=log
        ) as server:
            yield Serving(server, port)
