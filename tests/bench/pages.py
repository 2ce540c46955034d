"""What the pages cost with 100,000 leads, 20,000 accounts and 500 alerts in work in Valkey.

`page_p99_ms`, `page_cpu_p99_ms`: from the request to the last byte, without a socket, of the slowest page (the note has
all); CPU is that of both, the console and Valkey. `live_cpu_percent`: of a core, what 200 open live streams cost a
console of its own process while nothing happens.
"""

import asyncio
import gc
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from random import Random
from statistics import median, quantiles
from time import time_ns
from typing import Final

import httpx
from msgspec import Struct
from msgspec.structs import replace
from redis.asyncio import Redis as AsyncRedis

from deploy.local.ports import free_ports
from schemas.cards import AlertCard, LeadCard
from schemas.codec import LEAD_CARD, encode
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.bench.cards import lead_card
from tests.bench.harness import Figure, figure
from tests.bench.machine import cpu_seconds
from tests.bench.search import ACCOUNTS, LEADS, SECRET, busy_s, fill
from tests.browser.consoles import SECRET as LINK_SECRET
from tests.browser.consoles import started
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight

__all__ = ["pages"]

ALERTS: Final = 500
CLOSED: Final = 500
MEMBERS: Final = 64
TURNS: Final = 100  # of each page in a round
STREAMS: Final = 200
REST_S: Final = 20.0
BUDGET_MS: Final = "< 100"
COMPANY: Final = "largest.example"
PATHS: Final = (
    "/", "/?whose=mine", "/?page=25", "/closed", "/closed?page=25", "/alerts/al_7", "/leads", "/leads/member-0",
    "/accounts", f"/accounts/{COMPANY}", "/search?q=al", "/rejected", "/channels", "/me",
)  # fmt: skip


class Cost(Struct, frozen=True):
    """Of one request, in milliseconds: by the clock, and of CPU."""

    wall: float
    cpu: float


def pages(url: str, rounds: int) -> list[Figure]:
    """Fill, then ask for each page by turns; then leave streams open."""
    fill(url, Random(7))
    _fill_more(url)
    taken = asyncio.run(_asked(url, rounds))
    note: dict[str, str | int | float] = {"leads": LEADS, "accounts": ACCOUNTS, "alerts": ALERTS}
    for path in PATHS:
        note[f"cpu_p50_ms {path}"] = round(median(cost.cpu for one in taken for cost in one[path]), 1)
        note[f"cpu_p99_ms {path}"] = round(median(_p99([cost.cpu for cost in one[path]]) for one in taken), 1)
    walls = [max(_p99([cost.wall for cost in costs]) for costs in one.values()) for one in taken]
    cpus = [max(_p99([cost.cpu for cost in costs]) for costs in one.values()) for one in taken]
    rest = [asyncio.run(_rested(url)) for _ in range(rounds)]
    inbox_ms = median(cost.cpu for one in taken for cost in one["/"])
    return [
        figure("page_p99_ms", walls, unit="ms", budget=BUDGET_MS, note=note),
        figure("page_cpu_p99_ms", cpus, unit="ms", budget=BUDGET_MS, note=note),
        # A tab that somebody looks at fetches its page once a minute, whatever happens.
        figure("live_cpu_percent", rest, unit="%", budget="< 10",
               note={"streams": STREAMS, "if_all_were_looked_at_percent": STREAMS * inbox_ms / 60_000 * 100}),
    ]  # fmt: skip


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def _fill_more(url: str) -> None:
    """Alerts of every part of the inbox, closed ones, and one company with as many people as a card shows."""
    samples = Samples(now=time_ns() // 1_000_000)
    kinds = [one for one in samples.alerts() if one.status in ("open", "claimed", "snoozed")]
    shut = samples.alerts()[5]
    alerts: list[AlertCard] = [replace(kinds[n % len(kinds)], alert_id=f"al_{n}") for n in range(ALERTS)]
    alerts += [replace(shut, alert_id=f"shut_{n}", as_of=shut.as_of - n) for n in range(CLOSED)]
    members = [replace(samples.mara(), lead_id=f"member-{n}") for n in range(MEMBERS)]
    card = LEAD_CARD.decode(lead_card("0", 1, 1))
    leads: list[LeadCard] = [replace(card, lead_id=one.lead_id, account_id=COMPANY) for one in members]
    leads[0] = replace(samples.lead(), lead_id="member-0")
    account = replace(
        samples.account(), account_id=COMPANY, members=tuple(members), alerts=tuple(one.alert_id for one in alerts[:16])
    )
    writer = Projection.connect(url)
    writer.write(
        alerts=[(one.alert_id, encode(one)) for one in alerts], leads=[(one.lead_id, encode(one)) for one in leads],
        accounts=[(COMPANY, encode(account))], rejected=samples.entries()["rejected"],
    )  # fmt: skip
    writer.close()


async def _asked(url: str, rounds: int) -> list[Mapping[str, list[Cost]]]:
    options = ConsoleOptions(secret=SECRET, public_url="http://bench")
    app = make_app(Reader.connect(url), MemoryDoor(), options, sight=sight())
    transport = httpx.ASGITransport(app=app)
    async with AsyncRedis.from_url(url) as server, httpx.AsyncClient(transport=transport, base_url="http://bench",
                                                                      trust_env=False) as person:  # fmt: skip
        await person.get(one_time_link(SECRET, "http://bench", name="Ines Duarte"))
        for path in PATHS:
            await _once(person, server, path)  # warms up
        gc.collect()
        gc.freeze()  # as the console does; the bench's own hundred thousand people are not the console's
        taken = [await _round(person, server) for _ in range(rounds)]
    await app.state.desk.reader.close()
    return taken


async def _round(person: httpx.AsyncClient, server: AsyncRedis) -> Mapping[str, list[Cost]]:
    found: dict[str, list[Cost]] = {path: [] for path in PATHS}
    for _ in range(TURNS):
        for path in PATHS:
            found[path].append(await _once(person, server, path))
    return found


async def _once(person: httpx.AsyncClient, server: AsyncRedis, path: str) -> Cost:
    busy, used, began = await busy_s(server), time.process_time(), time.perf_counter()
    answer = await person.get(path)
    took, used = time.perf_counter() - began, time.process_time() - used
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return Cost(took * 1_000, (used + await busy_s(server) - busy) * 1_000)


async def _rested(url: str) -> float:
    """Percent of a core."""
    (port,) = free_ports(1)
    console = started(url, port)
    try:
        address = f"http://127.0.0.1:{port}"
        limits = httpx.Limits(max_connections=STREAMS + 1)
        async with httpx.AsyncClient(base_url=address, trust_env=False, limits=limits, timeout=60) as person:
            await person.get(one_time_link(LINK_SECRET, address))
            async with AsyncExitStack() as opened:
                for _ in range(STREAMS):
                    stream = await opened.enter_async_context(person.stream("GET", "/live?watch=alert"))
                    await anext(stream.aiter_bytes())
                before, began = cpu_seconds(console.pid), time.monotonic()
                await asyncio.sleep(REST_S)
                return (cpu_seconds(console.pid) - before) / (time.monotonic() - began) * 100
    finally:
        console.kill()
        console.wait()
