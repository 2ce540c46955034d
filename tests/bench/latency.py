"""`alert_p50_ms`, `alert_p99_ms`: from POST to the alert in the console's stream, 500 other events a second.

Each trigger is a person of another lost deal who reads the pricing page. Latency counts from the planned time of the
POST to the moment at which a browser that is signed in to the console hears of the alert (server-sent events). When it
was said on the read model's live channel stands beside, so that the console's own share can be seen. Collector, worker
and console have one core; broker, read model, load and browser the other.
"""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from msgspec import Struct
from msgspec.json import decode, encode
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from deploy.local.embedded import embedded_valkey
from deploy.local.ports import free_ports
from schemas.ids import alert_id_of, deal_id_of
from streams.console.access.auth import one_time_link
from streams.readmodel.keys import Keys
from tests.bench.bodies import WRITE_KEY, posts
from tests.bench.harness import Figure, figure
from tests.bench.served import LOAD_CORE, SERVER_CORE, pinned, started
from tests.integration.bus import Bus
from tests.integration.workers import environment

__all__ = ["latency"]

SERVER_KEY: Final = "sk_bench"
LENGTH: Final = re.compile(rb"(?i)content-length: *(\d+)")
LINK_SECRET: Final = "a secret of the bench's console"
RATE: Final = 500
TRIGGERS: Final = 100
EVERY_S: Final = 0.2
REST_S: Final = 3  # until the deals are at rest and the load is up
LAST_S: Final = 20  # an alert that takes longer did not come
DAY_S: Final = 86_400


def iso(at_s: float) -> str:
    """A time as SDKs write it."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def deal(number: int, now_s: float) -> dict[str, Any]:
    """A deal that was lost eight weeks ago."""
    return {
        "deal_id": f"b-{number}", "status": "lost", "lost_at": iso(now_s - 56 * DAY_S), "lost_reason": "price",
        "amount": 10_000, "currency": "EUR", "owner": {"name": "Rita Rep", "email": "rita@seller.example"},
        "account": {"name": f"Company {number}", "domain": f"bench-{number}.example"},
        "people": [{"email": f"ann@bench-{number}.example", "name": "Ann"}],
    }  # fmt: skip


def visit(number: int, now_s: float) -> bytes:
    """Ann is back: who she is, the page, and that she reads it."""
    began, page_id = iso(now_s - 20), f"page-{number}"
    url = "https://www.example.com/pricing"
    common = {"anonymousId": f"ann-{number}", "timestamp": began}
    batch = [
        {**common, "type": "identify", "messageId": f"who-{number}",
         "traits": {"email": f"ann@bench-{number}.example"}},
        {**common, "type": "page", "messageId": page_id, "properties": {"url": url, "path": "/pricing"}},
        {**common, "type": "track", "event": "page_engaged", "messageId": f"read-{number}", "properties": {
            "page_id": page_id, "url": url, "started_at": began, "dwell_ms": 18_000, "interactions": 4}},
    ]  # fmt: skip
    return encode({"batch": batch, "sentAt": iso(now_s), "writeKey": WRITE_KEY})


class Heard(Struct, frozen=True):
    """When each alert was first told of (perf_counter seconds): on Redis' channel, and in the console's stream."""

    channel: dict[str, float]
    stream: dict[str, float]


def alerts_in(data: bytes | str) -> list[str]:
    """Alert ids that a message names: one change, or a list of them."""
    said = decode(data)
    changes = said if isinstance(said, list) else [said]
    return [one["id"] for one in changes if one.get("kind") == "alert"]


async def listen(channel: PubSub, seen: dict[str, float]) -> None:
    """The read model's channel."""
    async for message in channel.listen():
        if message["type"] == "message":
            for alert_id in alerts_in(message["data"]):
                seen.setdefault(alert_id, time.perf_counter())


async def watch(http: httpx.AsyncClient, seen: dict[str, float], ready: asyncio.Event) -> None:
    """The console's stream, as an open inbox has it."""
    async with http.stream("GET", "/live?watch=alert", timeout=None) as answer:
        answer.raise_for_status()
        ready.set()
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                for alert_id in alerts_in(line.removeprefix("data: ")):
                    seen.setdefault(alert_id, time.perf_counter())


async def posted(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes) -> None:
    """One POST on an open connection, as lean as the load's: a client's milliseconds are none of ours."""
    reader, writer = stream
    writer.write(b"POST /v1/batch HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                 b"content-length: %d\r\n\r\n%b" % (len(body), body))  # fmt: skip
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is None or head[9:12] != b"200":
        raise RuntimeError(f"the collector answered {head[:80]!r}")
    await reader.readexactly(int(length[1]))


async def triggered(http: httpx.AsyncClient) -> dict[str, float]:
    """Lose deals, let them come to rest, bring their people back; alert id -> planned time of the POST."""
    for number in range(TRIGGERS):
        answer = await http.post("/v1/crm/generic", content=encode(deal(number, time.time())), auth=(SERVER_KEY, ""))
        answer.raise_for_status()
    await asyncio.sleep(REST_S)
    stream = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    planned: dict[str, float] = {}
    begin = time.perf_counter()
    for number in range(TRIGGERS):
        at = begin + number * EVERY_S
        await asyncio.sleep(max(0, at - time.perf_counter()))
        planned[alert_id_of(deal_id_of("generic", f"b-{number}"), 1)] = at
        await posted(stream, visit(number, time.time()))
    stream[1].close()
    return planned


@asynccontextmanager
async def hearing(console_url: str, redis_url: str, keys: Keys) -> AsyncIterator[Heard]:
    """Listens in both places, signed in."""
    heard, ready = Heard({}, {}), asyncio.Event()
    redis = Redis.from_url(redis_url)
    async with httpx.AsyncClient(base_url=console_url) as browser, redis, redis.pubsub() as channel:
        signed_in = await browser.get(one_time_link(LINK_SECRET, console_url))
        assert signed_in.status_code == 303, signed_in.text
        await channel.subscribe(keys.live)
        tasks = [asyncio.create_task(one) for one in (
            listen(channel, heard.channel), watch(browser, heard.stream, ready)
        )]  # fmt: skip
        try:
            await asyncio.wait_for(ready.wait(), 20)
            yield heard
        finally:
            for task in tasks:
                task.cancel()


async def measured(collector_url: str, console_url: str, *, redis_url: str, keys: Keys) -> list[tuple[float, float]]:
    """Milliseconds of each trigger: to the stream, and to the channel. Raises RuntimeError if an alert did not come."""
    async with (
        httpx.AsyncClient(base_url=collector_url, timeout=10) as http,
        hearing(console_url, redis_url, keys) as heard,
    ):
        planned = await triggered(http)
        for _ in range(LAST_S * 10):
            if planned.keys() <= heard.stream.keys():
                break
            await asyncio.sleep(0.1)
    if missing := planned.keys() - heard.stream.keys():
        raise RuntimeError(f"{len(missing)} of {TRIGGERS} alerts did not come")
    return [((heard.stream[one] - at) * 1e3, (heard.channel[one] - at) * 1e3) for one, at in planned.items()]


def one_round(bus: Bus, place: Path, *, number: int) -> list[tuple[float, float]]:
    """A fresh application under load."""
    with ExitStack() as stack:
        own = Bus(
            bus.bootstrap, prefix=f"{bus.prefix}l{number}.", app_id=f"{bus.app_id}-l{number}", partitions=bus.partitions
        )
        stack.callback(own.close)
        own.create()
        redis_url = stack.enter_context(embedded_valkey())
        port, worker_port, console_port = free_ports(3)
        env = environment(own, port=worker_port, datadir=place / own.app_id, redis_url=redis_url) | {
            "LEADSTREAM_COLLECTOR__PORT": str(port),
            "LEADSTREAM_WRITE_KEYS": f"{WRITE_KEY}=site",
            "LEADSTREAM_SERVER_KEYS": f"{SERVER_KEY}=crm",
            "LEADSTREAM_CONSOLE__PORT": str(console_port),
            "LEADSTREAM_CONSOLE__LINK_SECRET": LINK_SECRET,
            "LEADSTREAM_CONSOLE__AUDIT": "/dev/null", "LEADSTREAM_CONSOLE__SESSIONS": "",
        }
        log = place / own.app_id
        stack.enter_context(started("streams", "worker", env=env, core=SERVER_CORE, port=worker_port, path="/readyz",
                                    log=log.with_suffix(".worker.log"), within_s=60))  # fmt: skip
        collector = started("producers.collector", env=env, core=SERVER_CORE, port=port, path="/readyz",
                            log=log.with_suffix(".collector.log"))  # fmt: skip
        server = stack.enter_context(collector)
        stack.enter_context(started("streams", "console", env=env, core=SERVER_CORE, port=console_port, path="/healthz",
                                    log=log.with_suffix(".console.log")))  # fmt: skip
        bodies = place / "single.txt"
        bodies.write_bytes(b"\n".join(posts(500, events=1)))
        argv = [sys.executable, "-m", "tests.bench.load", "--port", str(port), "--pid", str(server.pid),
                "--body", str(bodies), "--rate", str(RATE), "--seconds", str(TRIGGERS * EVERY_S + REST_S),
                "--connections", "32"]  # fmt: skip
        with subprocess.Popen(
            pinned(argv, core=LOAD_CORE), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as load:
            try:
                return asyncio.run(measured(
                    f"http://127.0.0.1:{port}", f"http://127.0.0.1:{console_port}", redis_url=redis_url,
                    keys=Keys(prefix=f"{own.app_id}:"),
                ))  # fmt: skip
            finally:
                load.terminate()


def latency(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """Median and 99th percentile of each round's triggers."""
    seen = [one_round(bus, place, number=number) for number in range(rounds)]
    streams = [sorted(stream for stream, _ in one) for one in seen]
    channels = [sorted(channel for _, channel in one) for one in seen]
    note = {
        "events_per_s": RATE, "triggers": TRIGGERS, "to": "the console's stream", "cores": 2,
        "to_channel_p50_ms": median(one[len(one) // 2] for one in channels),
    }  # fmt: skip
    return [
        figure("alert_p50_ms", [one[len(one) // 2] for one in streams], unit="ms", budget="<= 50", note=note),
        figure("alert_p99_ms", [one[int(len(one) * 0.99)] for one in streams], unit="ms", budget="<= 200", note=note),
    ]
