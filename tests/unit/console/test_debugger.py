"""Live events: who watches hears of what arrives, with its verdict, and of how much was left out."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from msgspec import Raw
from msgspec.json import decode, encode

from schemas.codec import encode_block
from schemas.delivery import Delivery
from schemas.rejected import Reason, Rejected, Replayed
from streams.console.live.arrivals import MOST_A_SECOND, Arrivals
from streams.console.live.arrived import Arrived, Watched
from streams.core.rules import RulesError
from streams.inbox import Put
from streams.replay.verdicts import Verdict, judged
from streams.window import Seen
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.sights import RULES, StandInTail
from tests.unit.console.test_pages import read, said
from tests.unit.console.visitor import Visitor

NOW = 1_795_252_570_000
ANY = Watched()
PRICING = {"type": "page", "anonymousId": "v1", "messageId": "m1", "properties": {"url": "https://a.example/pricing"}}


def visits(*events: Any, source: str = "site") -> Seen:
    made = Delivery(received_at=NOW, source=source, events=[Raw(encode(one)) for one in events])
    return Seen("visits", 0, 0, NOW, None, encode_block([encode(made)]))


def rejected(said: Any) -> Seen:
    return Seen("rejected", 0, 0, NOW, None, encode(said))


class Page:
    """One open page: what its stream told."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self.told: list[tuple[str, Any]] = []

    async def until(self, name: str) -> Any:
        """What the next event of that name says."""
        while True:
            for kind, data in self.told:
                if kind == name:
                    self.told.remove((kind, data))
                    return data
            text = (await asyncio.wait_for(anext(self._stream), 20)).decode()
            for one in text.split("\n\n"):
                if one.startswith("event: "):
                    kind, _, data = one.removeprefix("event: ").partition("\ndata: ")
                    self.told.append((kind, decode(data)))

    async def leave(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]  # it is a generator


@asynccontextmanager
async def running(tail: StandInTail, **options: Any) -> AsyncIterator[Arrivals]:
    arrivals = Arrivals(tail, options.pop("judge", lambda put: judged(put, RULES)), **options)
    task = asyncio.create_task(arrivals.run())
    try:
        yield arrivals
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_arrives_is_told_with_its_verdict() -> None:
    tail = StandInTail()
    async with running(tail) as arrivals:
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        tail.bring(visits(PRICING, {"type": "purchase", "anonymousId": "v1"}))
        good, bad = await page.until("arrived")
        assert (good["type"], good["said"], good["source"], good["trust"]) == ("page", "accepted", "site", "claimed")
        assert ["page: pricing", None] in good["means"]
        assert (bad["said"], bad["reason"]) == ("rejected", "unknown_type")
        assert decode(good["text"]) == PRICING
        assert list(arrivals.sources) == ["site"]


class WaitingTail(StandInTail):
    """As Kafka's: a look ends when something comes, or after its time."""

    def poll(self, wait_ms: int) -> Sequence[Seen]:
        until = time.monotonic() + wait_ms / 1000
        while not (found := super().poll(wait_ms)) and time.monotonic() < until:
            time.sleep(0.005)
        return found


async def test_who_comes_while_others_watch_misses_nothing_once_told_that_it_listens() -> None:
    """The look that was under way is for those who were there when it began."""
    tail = WaitingTail()
    async with running(tail) as arrivals:
        await Page(arrivals.stream(ANY)).until("listening")
        for _ in range(3):
            page = Page(arrivals.stream(ANY))
            await page.until("listening")
            tail.bring(visits(PRICING))
            [one] = await page.until("arrived")
            assert one["said"] == "accepted"


async def test_what_the_collector_refused_is_told_and_what_a_worker_refused_is_not_told_twice() -> None:
    at_collector = Rejected(at=NOW, reason=Reason.NO_ID, detail="no id", source="site", raw=b'{"type":"page"}')
    by_worker = Rejected(at=NOW, reason=Reason.SCHEMA, detail="", source="site", raw=b"{}", topic="visits", offset=1)
    fold = Rejected(at=NOW, reason=Reason.FOLD, detail="a bug", source="leads", raw=b"{}", topic="touches", offset=1)
    note = Replayed(replayed_partition=0, replayed_offset=1, at=NOW, actor="ines")
    tail = StandInTail()
    async with running(tail) as arrivals:
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        tail.bring(*map(rejected, (by_worker, note, at_collector, fold)), rejected({"v": 9}))
        assert [(one["reason"], one["said"]) for one in await page.until("arrived")] == [
            ("no_id", "rejected"), ("fold", "rejected"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("watched", "names"),
    [
        (Watched(source="shop"), ["c"]),
        (Watched(type="track"), ["b", "c"]),
        (Watched(text="ELEPHANT"), ["b"]),
        (Watched(source="site", type="track", text="b"), ["b"]),
    ],
)
async def test_a_page_hears_of_what_it_watches(watched: Watched, names: list[str]) -> None:
    def one(name: str, kind: str = "track", **other: Any) -> dict[str, Any]:
        return {"type": kind, "event": name, "name": name, "anonymousId": "v", **other}

    tail = StandInTail()
    async with running(tail) as arrivals:
        page = Page(arrivals.stream(watched))
        await page.until("listening")
        tail.bring(visits(one("a", "page"), one("b", properties={"x": "an elephant"})), visits(one("c"), source="shop"))
        assert [told["name"] for told in await page.until("arrived")] == names


async def test_more_than_can_be_read_is_counted() -> None:
    tail = StandInTail()
    async with running(tail, clock=lambda: 7.0) as arrivals:
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        tail.bring(*[visits(*[PRICING] * 50) for _ in range(10)])
        assert await page.until("left_out") == {"events": 500 - MOST_A_SECOND, "records": 0}
        assert len(await page.until("arrived")) == MOST_A_SECOND
        tail.lag = 90_000
        assert await page.until("left_out") == {"events": 0, "records": 90_000}


async def test_it_reads_only_while_somebody_watches() -> None:
    tail = StandInTail()
    async with running(tail) as arrivals:
        await asyncio.sleep(0)
        assert tail.opened == 0
        pages = [Page(arrivals.stream(ANY)) for _ in range(2)]
        for page in pages:
            await page.until("listening")
        assert tail.opened == 1
        for page in pages:
            await page.leave()
        async with asyncio.timeout(20):
            while not tail.closed:
                await asyncio.sleep(0.01)
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        assert tail.opened == 2


async def test_without_kafka_the_page_says_so_and_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.console.live.arrivals.AGAIN_S", 0.01)
    tail = StandInTail()
    tail.away = True
    async with running(tail) as arrivals:
        first = Page(arrivals.stream(ANY))
        assert "away by the test" in (await first.until("away"))["why"]
        late = Page(arrivals.stream(ANY))
        await late.until("away")
        tail.away = False
        await first.until("listening")
        tail.away = True
        await first.until("away")


async def test_rules_that_cannot_be_read_stop_no_page() -> None:
    def judge(_: Put) -> Verdict:
        raise RulesError("scoring.toml", "no", line=7)

    tail = StandInTail()
    async with running(tail, judge=judge) as arrivals:
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        tail.bring(visits(PRICING))
        [one] = await page.until("arrived")
        assert "scoring.toml:7" in one["detail"]


async def test_row_8_no_control_character_of_a_stranger_is_told() -> None:
    evil = "\x1b[2J\x00\x9b\u202e" + "".join(HOSTILE)
    tail = StandInTail()
    async with running(tail) as arrivals:
        page = Page(arrivals.stream(ANY))
        await page.until("listening")
        event = {"type": "track", "event": evil, "anonymousId": evil, "properties": {evil: evil}}
        tail.bring(visits(event, source=evil))
        [one] = await page.until("arrived")
        shown = Arrived(**{**one, "means": ()})
        for text in (shown.source, shown.name, shown.detail, shown.text):
            assert all(c.isprintable() or c == "\n" for c in text)


def test_the_empty_page_says_how_to_send_the_first_event_without_a_secret(rep: Visitor, filled: Samples) -> None:
    answer = rep.get("/debugger?source=shop&type=track&text=%3Cb%3E").text
    text = said(answer)
    for words in ("Nothing has arrived since", "YOUR_WRITE_KEY", "/v1/track", "leadstream.js", "of shop",
                  "LEADSTREAM_COLLECTOR__PUBLIC_URL"):  # fmt: skip
        assert words in text, words
    assert "/static/debugger.js" in " ".join(read(answer).addresses)
    assert "<b>" not in answer
