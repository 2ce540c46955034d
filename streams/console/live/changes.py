"""Server-sent events: which cards changed, as it happens. The page fetches what it shows anew.

One subscription to the read model serves all open pages. A page that is slow hears of each card once, however often it
changed; one that fell far behind, or a subscription that was lost, hears `resync`: fetch everything. While Redis is
away pages hear `lost`, and since when.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeAlias

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import StreamingResponse

from schemas.codec import encode
from streams.metrics import Bound
from streams.readmodel.keys import Changed
from streams.readmodel.reader import Lost, Reader

__all__ = ["Hub", "News", "Watch", "live", "watch_of"]

MOST_WAITING: Final = 256
QUIET_S: Final = 15.0
MOST_WATCHED: Final = 8
News: TypeAlias = Changed | Lost | None
"""None: something may have been missed."""


class Watch(Struct, frozen=True):
    """What a page shows: `id` "" = all cards of the kind."""

    kind: str
    id: str = ""

    def covers(self, change: Changed) -> bool:
        """Whether this page must know."""
        return self.kind == change.kind and self.id in ("", change.id)


def watch_of(text: str) -> Watch:
    """`alert`, or `lead:<lead_id>`."""
    kind, _, card_id = text.partition(":")
    return Watch(kind, card_id)


class _Page:
    """One open page: what it has not been told yet."""

    def __init__(self, watched: tuple[Watch, ...]) -> None:
        self._watched = watched
        self._waiting: dict[News, None] = {}
        self._some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def __bool__(self) -> bool:
        return True

    def tell(self, change: News) -> None:
        if isinstance(change, Changed) and not any(watch.covers(change) for watch in self._watched):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            change = None
        self._waiting[change] = None
        self._some.set()

    async def heard(self, quiet_s: float) -> list[News]:
        """What is new; empty after `quiet_s` without anything."""
        try:
            await asyncio.wait_for(self._some.wait(), quiet_s)
        except TimeoutError:
            return []
        self._some.clear()
        waiting, self._waiting = list(self._waiting), {}
        return waiting


class Hub:
    """Hands the read model's changes to every open page."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pages: set[_Page] = set()
        self._closed = False
        self._lost: Lost | None = None

    @property
    def open_pages(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def bounds(self) -> list[Bound]:
        """News that pages have not fetched yet: of each page a bounded number, then it is told to look again."""
        return [Bound("page_news", sum(map(len, tuple(self._pages))), MOST_WAITING * max(1, len(self._pages)))]

    async def run(self) -> None:
        """Listen until cancelled."""
        async for change in self._reader.changes():
            self.tell(change)

    def tell(self, change: News) -> None:
        """Pass one piece of news on."""
        if isinstance(change, Lost):
            if self._lost is not None:
                return  # said already
            self._lost = change
        else:
            self._lost = None
        for page in tuple(self._pages):
            page.tell(change)

    def look_again(self) -> None:
        """Every open page fetches itself anew: who may what has changed."""
        for page in tuple(self._pages):
            page.tell(None)

    def close(self) -> None:
        """End all streams: the process stops."""
        self._closed = True
        self.tell(None)

    async def stream(self, watched: tuple[Watch, ...]) -> AsyncIterator[bytes]:
        """The bytes of one page's event stream."""
        page = _Page(watched)
        self._pages.add(page)
        try:
            yield b"retry: 1000\nevent: ready\ndata: {}\n\n"
            if self._lost is not None:
                page.tell(self._lost)
            while not self._closed:
                heard = await page.heard(QUIET_S)
                yield b"".join(map(_event, heard)) if heard else b": quiet\n\n"
        finally:
            self._pages.discard(page)


def _event(change: News) -> bytes:
    if change is None:
        return b"event: resync\ndata: {}\n\n"
    if isinstance(change, Lost):
        return b"event: lost\ndata: " + encode(change) + b"\n\n"
    return b"event: changed\ndata: " + encode(change) + b"\n\n"


def live(hub: Hub, request: Request) -> StreamingResponse:
    """`GET /live?watch=alert&watch=lead:<id>`."""
    watched = tuple(map(watch_of, request.query_params.getlist("watch")[:MOST_WATCHED]))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(hub.stream(watched), media_type="text/event-stream", headers=headers)
