"""The collector against the Starlette baseline, and alone.

`collector_cpu_ratio` (CPU a request, 10-event posts, closed loop of 64 connections) and `collector_p99_ratio` (open
loop at half of what the baseline can do, so that it is no queueing figure); the same CPU ratio for one-event posts and
for pixels; `collector_lone_ms`: what a lone post on an idle server takes beyond Kafka's own acknowledgement time.
"""

import re
import urllib.request
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlencode

from tests.bench.bodies import WRITE_KEY, posts
from tests.bench.collectors import SECONDS, Runs, Serving
from tests.bench.harness import Figure, figure
from tests.bench.load import LoadResult
from tests.integration.bus import Bus

__all__ = ["collector"]

LONE_RATE: Final = 20.0  # posts a second: each finds an idle server
ACK: Final = re.compile(r"^leadstream_collector_ack_seconds_(sum|count) (\S+)$", re.MULTILINE)


def collector(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """All figures of the collector; each round runs the baseline and ours by turns."""
    bus.make({bus.prefix + "baseline": {}})
    runs = Runs(bus, place, events=10, requests=posts(200, events=10))
    single = Runs(bus, place, events=1, requests=posts(200, events=1))
    pixel = Runs(bus, place, events=1, requests=_pixels(200), method="GET")
    closed, opened, ones, pixels, lone = [], [], [], [], []
    for _ in range(rounds):
        closed.append((runs.baseline(), runs.ours()))
        rate = closed[0][0].measured / closed[0][0].seconds / 2
        opened.append((runs.baseline(rate=rate), runs.ours(rate=rate)))
        ones.append((single.baseline(), single.ours()))
        pixels.append((pixel.baseline(), pixel.ours()))
        lone.append(_lone(single))
    note = {
        "baseline_cpu_us": closed[-1][0].cpu_us, "ours_cpu_us": closed[-1][1].cpu_us,
        "baseline_rps": closed[-1][0].measured / SECONDS, "ours_rps": closed[-1][1].measured / SECONDS,
        "open_rate": rate, "baseline_p99_ms": opened[-1][0].p99_ms, "ours_p99_ms": opened[-1][1].p99_ms,
        "connections": 64, "linger_ms": 5, "compression": "lz4",
    }  # fmt: skip
    return [
        figure("collector_cpu_ratio", _cpu(closed), unit="x", budget="<= 0.25", note=note),
        figure("collector_p99_ratio", [o.p99_ms / b.p99_ms for b, o in opened], unit="x", budget="<= 0.5", note=note),
        figure("collector_cpu_us", [o.cpu_us for _, o in closed], unit="us/request", note=note),
        figure("collector_p99_ms", [o.p99_ms for _, o in opened], unit="ms", note=note),
        figure("collector_cpu_ratio_1", _cpu(ones), unit="x", note=_us(ones)),
        figure("collector_pixel_ratio", _cpu(pixels), unit="x", budget="<= 0.25", note=_us(pixels)),
        figure("collector_lone_ms", [took - ack for took, ack in lone], unit="ms", budget="<= 3",
               note={"p50_ms": lone[-1][0], "ack_ms": lone[-1][1]}),
    ]  # fmt: skip


def _cpu(pairs: list[tuple[LoadResult, LoadResult]]) -> list[float]:
    return [ours.cpu_us / baseline.cpu_us for baseline, ours in pairs]


def _us(pairs: list[tuple[LoadResult, LoadResult]]) -> dict[str, str | int | float]:
    return {"baseline_cpu_us": pairs[-1][0].cpu_us, "ours_cpu_us": pairs[-1][1].cpu_us}


def _pixels(count: int) -> list[bytes]:
    random = Random(1)
    said = {"writeKey": WRITE_KEY, "context.page.url": "https://example.com/pricing", "context.page.title": "Pricing"}
    return [
        f"/pixel/v1/page?{urlencode({**said, 'anonymousId': f'{random.getrandbits(128):032x}'})}&messageId={number}"
        .encode()
        for number in range(count)
    ]  # fmt: skip


def _lone(runs: Runs) -> tuple[float, float]:
    """Median milliseconds of a lone post; mean ones of Kafka's acknowledgement, as the collector's metric has them."""
    with runs.serving() as serving:
        before = _acknowledged(serving)
        result = runs.load(serving, rate=LONE_RATE, connections=1)
        seconds, count = (now - then for now, then in zip(_acknowledged(serving), before, strict=True))
    return result.p50_ms, seconds / count * 1e3


def _acknowledged(serving: Serving) -> tuple[float, float]:
    """Seconds and number of acknowledgements until now."""
    with urllib.request.urlopen(f"http://127.0.0.1:{serving.port}/metrics") as answer:
        found = dict(ACK.findall(answer.read().decode()))
    return float(found["sum"]), float(found["count"])
