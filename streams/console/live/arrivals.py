"""Events as they arrive, with their verdicts, to every open page that watches: read from Kafka only while one does.

Bounded: a page is told of a score of events a second and is counted the rest; what lies too far behind is passed over
and counted too. One reader serves all pages, from the ends on, in no group. Nothing is kept.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import structlog
from msgspec import Struct

from schemas.codec import encode
from streams.console.live.arrived import Arrived, Coming, Watched, arrived, coming, in_words
from streams.console.tongue import ENGLISH, Tongue
from streams.core.said import Said
from streams.metrics import Bound
from streams.replay.verdicts import Judge
from streams.window import Seen, WindowShut

__all__ = ["Arrivals", "Follows"]

WAIT_MS: Final = 200
MOST_BEHIND: Final = 2_000  # records
MOST_A_SECOND: Final = 20
MOST_WAITING: Final = 200
MOST_SOURCES: Final = 50
QUIET_S: Final = 15.0
AGAIN_S: Final = 2.0
log = structlog.get_logger()


class Follows(Protocol):
    """`streams.window.Tail`, or a stand-in."""

    def open(self) -> None:
        """Stand at the ends."""

    def skip(self) -> int:
        """Go on at the ends; how many were passed over."""

    def behind(self) -> int:
        """How many lie ahead."""

    def poll(self, wait_ms: int) -> Sequence[Seen]:
        """What came."""

    def close(self) -> None:
        """Let go."""


class _News(Struct):
    """What a page has not been told yet."""

    items: list[Arrived]
    left_out: int = 0  # events
    passed_over: int = 0  # records
    away: Said | None = None
    listening: bool = False


class _Page:
    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self._news = _News([])
        self._some = asyncio.Event()
        self._second = 0
        self._told = 0

    @property
    def waiting(self) -> int:
        """Events that it has not fetched."""
        return len(self._news.items)

    def takes(self, now_s: int) -> bool:
        """Whether one more may be told within this second."""
        if now_s != self._second:
            self._second, self._told = now_s, 0
        self._told += 1
        return self._told <= MOST_A_SECOND and len(self._news.items) < MOST_WAITING

    def add(self, items: Iterable[Arrived], left_out: int) -> None:
        self._news.items.extend(items)
        self._news.left_out += left_out
        if self._news.items or self._news.left_out:
            self._some.set()

    def say(self, *, listening: bool = False, away: Said | None = None, passed_over: int = 0) -> None:
        self._news.listening, self._news.away = listening or self._news.listening, away
        self._news.passed_over += passed_over
        self._some.set()

    async def heard(self) -> _News | None:
        try:
            await asyncio.wait_for(self._some.wait(), QUIET_S)
        except TimeoutError:
            return None
        self._some.clear()
        news, self._news = self._news, _News([])
        return news


class Arrivals:
    """Hands what arrives to the pages that watch."""

    def __init__(self, tail: Follows, judge: Judge, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tail = tail
        self._judge = judge
        self._clock = clock
        self._pages: set[_Page] = set()
        self._watched = asyncio.Event()
        self._closed = False
        self._away: Said | None = None
        self.sources: dict[str, None] = {}  # those that were seen, some

    def bounds(self) -> list[Bound]:
        """Arrived events that pages have not fetched yet, and the sources that they may choose from."""
        waiting = sum(one.waiting for one in tuple(self._pages))
        return [
            Bound("page_arrivals", waiting, (MOST_WAITING + MOST_A_SECOND) * max(1, len(self._pages))),
            Bound("sources_seen", len(self.sources), MOST_SOURCES),
        ]

    @property
    def open_pages(self) -> int:
        """How many pages watch."""
        return len(self._pages)

    async def run(self) -> None:
        """Read while somebody watches, until cancelled. Where Kafka is away it says so and comes again."""
        while True:
            await self._watched.wait()
            try:
                await asyncio.to_thread(self._tail.open)
                self._away = None
                await self._follow()
            except WindowShut as error:
                log.warning("arrivals_away", error=str(error))
                self._away = error.said
                self._say(away=self._away)
                await asyncio.sleep(AGAIN_S)
            await asyncio.to_thread(self._tail.close)

    async def stream(self, watched: Watched, tongue: Tongue = ENGLISH) -> AsyncIterator[bytes]:
        """The bytes of one page's event stream, in its language."""
        page = _Page(watched)
        self._pages.add(page)
        self._watched.set()
        try:
            yield b"retry: 1000\n\n"
            if self._away:
                page.say(away=self._away)
            while not self._closed:
                news = await page.heard()
                yield b": quiet\n\n" if news is None else b"".join(_events(news, tongue))
        finally:
            self._pages.discard(page)
            if not self._pages:
                self._watched.clear()

    def close(self) -> None:
        """End all streams: the process stops."""
        self._closed = True
        self._say()

    async def _follow(self) -> None:
        listening: tuple[_Page, ...] = ()
        while self._watched.is_set():
            pages = tuple(self._pages)
            for page in pages:
                if page not in listening:  # said when a look begins that is for it too: one under way is not
                    page.say(listening=True)
            listening = pages
            seen, passed_over, told = await asyncio.to_thread(self._look, pages)
            for page, (items, left_out) in zip(pages, told, strict=True):
                page.add(items, left_out)
            if passed_over:
                self._say(passed_over=passed_over, listening=True)
            if not seen:
                await asyncio.sleep(0)

    def _look(self, pages: Sequence[_Page]) -> tuple[int, int, list[tuple[list[Arrived], int]]]:
        """In a thread: one poll, sorted out for the pages. Raises WindowShut."""
        seen = self._tail.poll(WAIT_MS)
        passed_over = self._tail.skip() if self._tail.behind() > MOST_BEHIND else 0
        told: list[tuple[list[Arrived], int]] = [([], 0) for _ in pages]
        for one in (one for record in seen for one in coming(record)):
            if one.source not in self.sources and len(self.sources) < MOST_SOURCES:
                self.sources[one.source] = None
            self._sort(one, pages, told)
        return len(seen), passed_over, told

    def _sort(self, one: Coming, pages: Sequence[_Page], told: list[tuple[list[Arrived], int]]) -> None:
        made: Arrived | None = None
        for number, page in enumerate(pages):
            if not page.watched.takes(one):
                continue
            items, left_out = told[number]
            if page.takes(int(self._clock())):
                made = made or arrived(one, self._judge)
                items.append(made)
            else:
                told[number] = (items, left_out + 1)

    def _say(self, **news: Any) -> None:
        for page in tuple(self._pages):
            page.say(**news)


def _events(news: _News, tongue: Tongue) -> Iterator[bytes]:
    if news.away is not None:
        yield b"event: away\ndata: " + encode({"why": tongue.say(news.away)}) + b"\n\n"
    elif news.listening:
        yield b"event: listening\ndata: {}\n\n"
    if news.left_out or news.passed_over:
        yield b"event: left_out\ndata: " + encode({"events": news.left_out, "records": news.passed_over}) + b"\n\n"
    if news.items:
        yield b"event: arrived\ndata: " + encode([in_words(one, tongue) for one in news.items]) + b"\n\n"
