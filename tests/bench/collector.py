"""`collector_cpu_ratio` and `collector_p99_ratio`: our collector against the Starlette baseline, reply after the ack.

CPU per request from a closed loop of 64 connections. p99 from an open loop at half of what the baseline can do, so
that it is no queueing figure. What each run answered must lie in Kafka, or there is no figure.
"""

import subprocess
import sys
from pathlib import Path

from msgspec import Raw, Struct
from msgspec.json import Decoder, decode

from tests.bench.bodies import WRITE_KEY, posts
from tests.bench.harness import Figure, figure
from tests.bench.load import LoadResult
from tests.bench.served import LOAD_CORE, SERVER_CORE, Started, free_port, pinned, started
from tests.integration.bus import Bus

__all__ = ["collector"]

SECONDS = 5.0


class _Seen(Struct):
    """Of a delivery only how many events it has."""

    events: list[Raw]


_BLOCK = Decoder(list[_Seen])


class Runs:
    """One bench: a broker, a place for logs, bodies with `events` events."""

    def __init__(self, bus: Bus, place: Path, *, events: int) -> None:
        self.bus = bus
        self.place = place
        self.events = events
        self.bodies = place / f"bodies-{events}.txt"
        self.bodies.write_bytes(b"\n".join(posts(200, events=events)))

    def load(self, server: Started, port: int, *, rate: float) -> LoadResult:
        """Load on the server. Raises RuntimeError if it refused anything."""
        argv = [sys.executable, "-m", "tests.bench.load", "--port", str(port), "--pid", str(server.pid),
                "--body", str(self.bodies), "--rate", str(rate), "--seconds", str(SECONDS)]  # fmt: skip
        ran = subprocess.run(pinned(argv, core=LOAD_CORE), capture_output=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"load: {ran.stderr.decode()[-2000:]}")
        result = decode(ran.stdout, type=LoadResult)
        if result.refused:
            raise RuntimeError(f"{result.refused} requests were refused:\n{server.log.read_text()[-2000:]}")
        return result

    def baseline(self, *, rate: float = 0) -> LoadResult:
        """The baseline, one record per event: its topic's end offset counts them."""
        port, topic = free_port(), self.bus.prefix + "baseline"
        before = sum(self.bus.tops_of(topic).values())
        env = {"BENCH_BOOTSTRAP": self.bus.bootstrap, "BENCH_TOPIC": topic}
        args = (
            "--port",
            str(port),
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--no-access-log",
            "--log-level",
            "warning",
        )
        with started(
            "uvicorn", *args, "tests.bench.baselines.starlette_collector:app", env=env, core=SERVER_CORE, port=port,
            log=self.place / "baseline.log",
        ) as server:  # fmt: skip
            result = self.load(server, port, rate=rate)
        new = sum(self.bus.tops_of(topic).values()) - before
        if new != result.answered * self.events:
            raise RuntimeError(f"answered {result.answered * self.events} events, Kafka holds {new}")
        return result

    def ours(self, *, rate: float = 0) -> LoadResult:
        """Our collector as it ships: its blocks are read back and their events counted."""
        port, before = free_port(), self.bus.ends(["visits"])
        env = {
            "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": self.bus.bootstrap,
            "LEADSTREAM_KAFKA__TOPIC_PREFIX": self.bus.prefix,
            "LEADSTREAM_KAFKA__PARTITIONS": str(self.bus.partitions), "LEADSTREAM_WRITE_KEYS": f"{WRITE_KEY}=site",
            "LEADSTREAM_SERVER_KEYS": "sk_bench=crm", "LEADSTREAM_SECRET": "bench-" + "x" * 32,
            "LEADSTREAM_COLLECTOR__PORT": str(port),
        }  # fmt: skip
        with started(
            "producers.collector", env=env, core=SERVER_CORE, port=port, path="/readyz", log=self.place / "ours.log"
        ) as server:
            result = self.load(server, port, rate=rate)
        seen = sum(len(one.events) for block in self.bus.read("visits", before) for one in _BLOCK.decode(block.value))
        if seen != result.answered * self.events:
            raise RuntimeError(f"answered {result.answered * self.events} events, Kafka holds {seen}")
        return result


def collector(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """CPU and p99 ratios at 10-event posts, CPU ratio at 1-event posts."""
    bus.make({bus.prefix + "baseline": {}})
    runs, single = Runs(bus, place, events=10), Runs(bus, place, events=1)
    closed, opened, ones = [], [], []
    for _ in range(rounds):
        closed.append((runs.baseline(), runs.ours()))
        rate = closed[0][0].measured / closed[0][0].seconds / 2
        opened.append((runs.baseline(rate=rate), runs.ours(rate=rate)))
    ones.extend((single.baseline(), single.ours()) for _ in range(rounds))
    note = {
        "baseline_cpu_us": closed[-1][0].cpu_us, "ours_cpu_us": closed[-1][1].cpu_us,
        "baseline_rps": closed[-1][0].measured / SECONDS, "ours_rps": closed[-1][1].measured / SECONDS,
        "open_rate": rate, "baseline_p99_ms": opened[-1][0].p99_ms, "ours_p99_ms": opened[-1][1].p99_ms,
        "connections": 64, "linger_ms": 5, "compression": "lz4",
    }  # fmt: skip
    return [
        figure("collector_cpu_ratio", [o.cpu_us / b.cpu_us for b, o in closed], unit="x", budget="<= 0.25", note=note),
        figure("collector_p99_ratio", [o.p99_ms / b.p99_ms for b, o in opened], unit="x", budget="<= 0.5", note=note),
        figure("collector_cpu_us", [o.cpu_us for _, o in closed], unit="us/request", note=note),
        figure("collector_p99_ms", [o.p99_ms for _, o in opened], unit="ms", note=note),
        figure(
            "collector_cpu_ratio_1",
            [o.cpu_us / b.cpu_us for b, o in ones],
            unit="x",
            note={"ours_cpu_us": ones[-1][1].cpu_us},
        ),
    ]
