"""Requests and blocks to measure with: Segment-like events of about 700 B, the same for baseline and ours."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from msgspec import Raw
from msgspec.json import encode

from schemas.codec import encode_block
from schemas.delivery import Delivery
from schemas.topics import partition_of

__all__ = ["WRITE_KEY", "Mix", "blocks", "event", "posts"]

from msgspec import Struct

WRITE_KEY: Final = "wk_bench"
_AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
_PATHS: Final = ("/", "/pricing", "/product", "/blog/cold-chain", "/about", "/customers")


class Mix(Struct, frozen=True, kw_only=True):
    """What kind of traffic: printed beside the figure, fixed before anything is tuned."""

    visitors: int = 20_000
    events_per_visit: int = 3
    identified_percent: int = 5
    companies: int = 500  # one in twenty of them is anybody's


def event(random: Random, anonymous_id: str, *, at: str = "2026-11-21T12:00:00.000Z") -> dict[str, Any]:
    """A page view as analytics.js sends it."""
    path = random.choice(_PATHS)
    url = f"https://example.com{path}?utm_source=mail&utm_campaign=fall"
    page = {"path": path, "referrer": "https://www.google.com/", "title": "Pricing", "url": url}
    return {
        "type": "page", "messageId": f"{random.getrandbits(128):032x}", "anonymousId": anonymous_id, "userId": None,
        "timestamp": at, "originalTimestamp": at,
        "properties": {**page, "plan": "team", "seats": random.randint(1, 90)},
        "context": {
            "library": {"name": "analytics.js", "version": "2.1.0"}, "page": page, "userAgent": _AGENT,
            "locale": "ko-KR", "timezone": "Asia/Seoul", "campaign": {"source": "mail", "name": "fall"},
        },
    }  # fmt: skip


def posts(count: int, *, events: int, known: bool = False, seed: int = 1) -> list[bytes]:
    """`count` different request bodies of one visitor and `events` events each. `known`: with a user id."""
    random = Random(seed)
    made = []
    for _ in range(count):
        visitor = f"{random.getrandbits(128):032x}"
        user_id = f"user-{random.randrange(100_000)}" if known else None
        batch = [event(random, visitor) | {"userId": user_id} for _ in range(events)]
        made.append(encode({"batch": batch, "sentAt": "2026-11-21T12:00:01.000Z", "writeKey": WRITE_KEY}))
    return made


def visits(random: Random, *, events: int, mix: Mix, at: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Visits of `mix.events_per_visit` events up to `events` in all, half of them by visitors who come again."""
    left = events
    while left > 0:
        number = random.randrange(mix.visitors)
        visitor = f"visitor-{number}" if random.random() < 0.5 else f"{random.getrandbits(128):032x}"
        made = [event(random, visitor) for _ in range(min(left, mix.events_per_visit))]
        if number % 100 < mix.identified_percent:
            mail = f"person{number}@company{number % mix.companies}.example"
            made[-1] |= {"type": "identify", "traits": {"email": mail, "name": f"Person {number}"}}
        left -= len(made)
        yield visitor, made


def blocks(
    events: int, *, per_block: int, partitions: int, mix: Mix, at: int, seed: int = 1
) -> list[tuple[int, bytes]]:
    """(partition, record) as the collector writes them; `at` = received_at of the deliveries, UTC milliseconds."""
    waiting: dict[int, list[bytes]] = {partition: [] for partition in range(partitions)}
    held = dict.fromkeys(range(partitions), 0)
    made: list[tuple[int, bytes]] = []
    for visitor, own in visits(Random(seed), events=events, mix=mix, at=at):
        partition = partition_of(visitor, partitions)
        raw = [Raw(encode(one)) for one in own]
        waiting[partition].append(
            encode(Delivery(received_at=at, sent_at=None, source="site", ip="192.0.2.0", user_agent=_AGENT, events=raw))
        )
        held[partition] += len(own)
        if held[partition] >= per_block:
            made.append((partition, encode_block(waiting[partition])))
            waiting[partition], held[partition] = [], 0
    return made + [(partition, encode_block(rest)) for partition, rest in waiting.items() if rest]
