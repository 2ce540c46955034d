"""`search_p50_ms`, `search_p99_ms`: what the console takes to answer the search field, with 100,000 leads in Valkey.

`search_cpu_p99_ms` is the same in CPU time of both, the console and Valkey: what it is where nobody else is busy.

Measured is the whole application from the request to the last byte of its answer, without a socket: session, Redis,
template. Questions are what people type: beginnings of one to eight letters, two words, e-mails, domains, Korean.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from statistics import quantiles
from time import time_ns
from typing import Final

import httpx
import redis
from msgspec.structs import replace
from redis.asyncio import Redis as AsyncRedis

from schemas.codec import LEAD_CARD, encode
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Entry, Projection
from tests.bench.cards import lead_card
from tests.bench.harness import Figure, figure
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight

__all__ = ["ACCOUNTS", "LEADS", "SECRET", "busy_s", "fill", "search"]

LEADS: Final = 100_000
ACCOUNTS: Final = 20_000
QUESTIONS: Final = 400
SECRET: Final = "a secret of the bench"
STEMS: Final = ("al", "be", "ca", "do", "el", "fa", "gi", "ha", "in", "jo", "ka", "li", "mo", "na", "or", "pa", "ri",
                "sa", "te", "vi")  # fmt: skip
FAMILY: Final = "김이박최정강조윤장임"
GIVEN: Final = "민서지수현우예준하은"


def search(url: str, rounds: int) -> list[Figure]:
    """Fill, then ask; each round asks all questions anew."""
    random = Random(7)
    before, began = _memory(url), time.process_time()
    people = fill(url, random)
    filled_us = (time.process_time() - began) / (LEADS + ACCOUNTS) * 1e6
    questions = [_question(random, people) for _ in range(QUESTIONS)]
    taken = asyncio.run(_ask(url, questions, rounds))
    cuts = [quantiles([wall for wall, _ in one], n=100) for one in taken]
    cpu = [quantiles([used for _, used in one], n=100) for one in taken]
    note: dict[str, str | int | float] = {
        "leads": LEADS, "accounts": ACCOUNTS, "questions": QUESTIONS, "fill_cpu_us_a_card": filled_us,
        "redis_mb": (_memory(url) - before) / 1e6, "index_mb": _index_bytes(url) / 1e6,
        "longest_ms": max(wall for one in taken for wall, _ in one),
    }  # fmt: skip
    return [
        figure("search_p50_ms", [one[49] for one in cuts], unit="ms", budget="<= 50", note=note),
        figure("search_p99_ms", [one[98] for one in cuts], unit="ms", budget="<= 50", note=note),
        figure("search_cpu_p50_ms", [one[49] for one in cpu], unit="ms", note=note),
        figure("search_cpu_p99_ms", [one[98] for one in cpu], unit="ms", budget="<= 50", note=note),
    ]


def _word(random: Random) -> str:
    return "".join(random.choices(STEMS, k=random.randint(2, 4)))


def _person(random: Random) -> tuple[str, str, str]:
    """Name, e-mail, domain. One in ten is Korean."""
    domain = f"firm-{random.randrange(ACCOUNTS)}.example"
    first, last = _word(random), _word(random)
    if random.random() < 0.1:
        return random.choice(FAMILY) + "".join(random.choices(GIVEN, k=2)), f"{first}@{domain}", domain
    return f"{first.title()} {last.title()}", f"{first}.{last}@{domain}", domain


def fill(url: str, random: Random) -> Sequence[tuple[str, str, str]]:
    """All leads and accounts, written as the projector does: name, e-mail and domain of each lead."""
    people = [_person(random) for _ in range(LEADS)]
    writer = Projection.connect(url)
    leads, accounts = _leads(people, random), _accounts(random)
    while some := list(islice(leads, 500)):
        writer.write(leads=some)
    while some := list(islice(accounts, 500)):
        writer.write(accounts=some)
    writer.beat(time_ns() // 1_000_000)
    writer.close()
    return people


def _leads(people: Sequence[tuple[str, str, str]], random: Random) -> Iterator[Entry]:
    card = LEAD_CARD.decode(lead_card("0", 1, 1))
    for number, (name, email, domain) in enumerate(people):
        lead_id = f"{random.getrandbits(128):032x}"
        yield lead_id, encode(replace(card, lead_id=lead_id, name=name, email=email, account_id=domain,
                                      score_tenths=number % 1_500))  # fmt: skip


def _accounts(random: Random) -> Iterator[Entry]:
    card = Samples(now=time_ns() // 1_000_000).quiet_account()
    for number in range(ACCOUNTS):
        account_id, name = f"firm-{number}.example", f"{_word(random).title()} {_word(random).title()}"
        yield account_id, encode(replace(card, account_id=account_id, name=name, engagement_tenths=number % 1_000))


def _question(random: Random, people: Sequence[tuple[str, str, str]]) -> str:
    name, email, domain = random.choice(people)
    asked = (
        name[: random.randint(1, 8)], email[: random.randint(1, 8)], name, " ".join(reversed(name.split())), email,
        domain, name.split()[-1][:4], "".join(one[:2] + " " for one in name.split()),
    )  # fmt: skip
    return random.choice(asked)


async def _ask(url: str, questions: Sequence[str], rounds: int) -> list[list[tuple[float, float]]]:
    options = ConsoleOptions(secret=SECRET, public_url="http://bench")
    app = make_app(Reader.connect(url), MemoryDoor(), options, sight=sight())
    transport = httpx.ASGITransport(app=app)
    async with AsyncRedis.from_url(url) as server, httpx.AsyncClient(transport=transport, base_url="http://bench",
                                                                      trust_env=False) as person:  # fmt: skip
        await person.get(one_time_link(SECRET, "http://bench"))
        await _round(person, server, questions)  # warms up
        taken = [await _round(person, server, questions) for _ in range(rounds)]
    await app.state.desk.reader.close()
    return taken


async def _round(
    person: httpx.AsyncClient, server: AsyncRedis, questions: Sequence[str]
) -> list[tuple[float, float]]:
    return [await _once(person, server, question) for question in questions]


async def _once(person: httpx.AsyncClient, server: AsyncRedis, question: str) -> tuple[float, float]:
    """In milliseconds: by the clock, and of CPU."""
    busy, used, began = await busy_s(server), time.process_time(), time.perf_counter()
    answer = await person.get("/search", params={"q": question}, headers={"hx-request": "true"})
    took, used = time.perf_counter() - began, time.process_time() - used
    if answer.status_code != 200 or "find-list" not in answer.text:
        raise RuntimeError(f"{question!r} was not found: {answer.status_code}")
    return took * 1_000, (used + await busy_s(server) - busy) * 1_000


async def busy_s(server: AsyncRedis) -> float:
    """CPU seconds that Valkey has used."""
    used = await server.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def _memory(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"])


def _index_bytes(url: str) -> int:
    names = [f"leadstream:{kind}:{part}" for kind in ("leads", "accounts") for part in ("terms", "named")]
    with redis.Redis.from_url(url) as client:
        return sum(int(client.memory_usage(name, samples=100) or 0) for name in names)
