"""A request leaves no ring of objects, so Python may look for them seldom (`producers/collector/__main__.py`)."""

import gc
import gzip
from typing import Any

import pytest
from msgspec.json import encode

from tests.unit.producers.desk import Desk, desk, page

REQUESTS = 50
GOOD = encode({"batch": [page()], "writeKey": "wk_site"})
BODIES = {
    "good": GOOD,
    "no JSON": b"{nonsense",
    "cut off gzip": gzip.compress(GOOD)[:-9],
    "unknown key": encode({"batch": [page()], "writeKey": "other"}),
    "bad event": b'{"batch":[{"type":5},{"type":"page","x":NaN}],"writeKey":"wk_site"}',
    "too deep": b'{"batch":' + b"[" * 40_000 + b"]" * 40_000 + b"}",
    "too large": b"x" * 600_000,
    "redacted": encode({"batch": [page(properties={"url": "https://a:b@x.example/?c=d#e"})], "writeKey": "wk_site"}),
}


async def ask(collector: Desk, body: bytes, *, pixel: bool = False) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Any) -> None:
        """Nobody looks."""

    scope: dict[str, Any] = {"type": "http", "headers": [], "client": ("198.41.0.4", 1)}
    if pixel:
        scope |= {"method": "GET", "path": "/pixel/v1/page", "query_string": body}
    else:
        scope |= {"method": "POST", "path": "/v1/batch", "query_string": b""}
    await collector.collector(scope, receive, send)


async def rings(collector: Desk, body: bytes, *, pixel: bool = False) -> int:
    """Objects that only a search for rings could free, of so many requests."""
    await ask(collector, body, pixel=pixel)  # what is made once, is made
    gc.collect()
    standing = gc.collect()  # loops of other tests are found by each search and freed by none
    gc.disable()
    try:
        for _ in range(REQUESTS):
            await ask(collector, body, pixel=pixel)
        return gc.collect() - standing
    finally:
        gc.enable()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_post_leaves_no_ring(body: bytes) -> None:
    async with desk() as collector:
        assert await rings(collector, body) < REQUESTS


async def test_neither_does_what_could_not_be_stored_nor_a_pixel() -> None:
    async with desk() as collector:
        assert await rings(collector, b"writeKey=wk_site&anonymousId=a", pixel=True) < REQUESTS
        collector.sink.down = "away"
        assert await rings(collector, GOOD) < REQUESTS
