"""Changes reach the pages that show them: each card once, and `resync` where something may have been missed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from streams.console.live.changes import MOST_WAITING, Hub, Watch, watch_of
from streams.readmodel.keys import Changed
from streams.readmodel.reader import Lost, Reader


@pytest.fixture
def hub() -> Hub:
    return Hub(Reader.connect("redis://127.0.0.1:1"))


async def opened(hub: Hub, *watched: str) -> AsyncIterator[bytes]:
    stream = hub.stream(tuple(map(watch_of, watched)))
    assert b"event: ready" in await anext(stream)
    return stream


async def heard(stream: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(stream), 20)


async def test_a_page_hears_of_what_it_shows_only(hub: Hub) -> None:
    inbox, lead = await opened(hub, "alert"), await opened(hub, "lead:ann", "account:acme.example")
    for change in (
        Changed("alert", "al_1"),
        Changed("lead", "ann"),
        Changed("lead", "bob"),
        Changed("account", "acme.example"),
    ):
        hub.tell(change)
    assert await heard(inbox) == b'event: changed\ndata: {"kind":"alert","id":"al_1"}\n\n'
    assert (await heard(lead)).count(b"event: changed") == 2


async def test_a_slow_page_hears_of_each_card_once(hub: Hub) -> None:
    page = await opened(hub, "lead")
    for _ in range(1_000):
        hub.tell(Changed("lead", "ann"))
        hub.tell(Changed("lead", "bob"))
    assert (await heard(page)).count(b"event:") == 2


async def test_a_page_that_fell_far_behind_fetches_everything(hub: Hub) -> None:
    page = await opened(hub, "lead")
    for number in range(MOST_WAITING + 1):
        hub.tell(Changed("lead", str(number)))
    assert await heard(page) == b"event: resync\ndata: {}\n\n"


async def test_a_lost_subscription_is_told_to_every_page(hub: Hub) -> None:
    pages = [await opened(hub, "alert"), await opened(hub, "lead:ann")]
    hub.tell(None)
    assert [await heard(page) for page in pages] == [b"event: resync\ndata: {}\n\n"] * 2


async def test_pages_hear_once_that_redis_is_away_and_new_ones_too(hub: Hub) -> None:
    first = await opened(hub, "alert")
    for _ in range(3):
        hub.tell(Lost(5))
    assert await heard(first) == b'event: lost\ndata: {"since":5}\n\n'
    second = await opened(hub, "lead")
    assert await heard(second) == b'event: lost\ndata: {"since":5}\n\n'
    hub.tell(None)
    assert [await heard(page) for page in (first, second)] == [b"event: resync\ndata: {}\n\n"] * 2
    assert await heard_after_ready(hub) == b"event: resync\ndata: {}\n\n"


async def heard_after_ready(hub: Hub) -> bytes:
    """What a page that is opened now hears first."""
    page = await opened(hub, "alert")
    hub.tell(None)
    return await heard(page)


async def test_a_closed_page_is_forgotten_and_a_closing_console_ends_its_streams(hub: Hub) -> None:
    first, second = await opened(hub, "alert"), await opened(hub, "alert")
    await first.aclose()  # type: ignore[attr-defined]
    assert hub.open_pages == 1
    hub.close()
    assert [part async for part in second] == []
    assert hub.open_pages == 0


async def test_a_quiet_stream_says_so_that_proxies_keep_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.console.live.changes.QUIET_S", 0.01)
    assert await heard(await opened(hub, "alert")) == b": quiet\n\n"


def test_an_account_id_may_have_colons() -> None:
    assert watch_of("account:crm:generic:acme") == Watch("account", "crm:generic:acme")
