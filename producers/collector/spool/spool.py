"""The spool: where records are safe while Kafka is away. Many requests share one fsync; one thread serves the disk.

Nothing here decides when: `detour.py` sends records here, `replay.py` takes them to Kafka.
"""

import asyncio
import errno
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Final

from producers.collector.spool.records import Spooled, framed
from producers.collector.spool.store import Store, Window
from producers.errors import SinkError, SpoolFailed, SpoolFull
from producers.logs import log
from producers.metrics import BOUNDS, SPOOL_BYTES, SPOOL_OLDEST, SPOOL_REFUSED, SPOOL_SYNC_SECONDS, SPOOL_TORN, SPOOLED
from producers.settings import SpoolSettings

__all__ = ["Spool"]

NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSES_S: Final = 5.0
_Waiting = list[tuple[bytes, "Future[None]"]]


class Spool:
    """Used from one event loop, from `start` on. The store must be open. `now_ms`: UTC milliseconds."""

    def __init__(self, store: Store, settings: SpoolSettings, *, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._settings = settings
        self._now_ms = now_ms
        self._loop: AbstractEventLoop | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._pending: _Waiting = []
        self._pending_bytes = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._refused_why = ""
        self._refused_at = float("-inf")
        SPOOL_BYTES.set_function(lambda: store.size)
        BOUNDS.hold("spool_bytes", lambda: store.size, most=settings.max_bytes)
        SPOOL_OLDEST.set_function(self.oldest_s)

    def start(self) -> None:
        """Belongs to the running event loop from here on."""
        self._loop = asyncio.get_running_loop()

    def append(self, record: Spooled) -> "Future[None]":
        """The future is done once the record is on the disk for good, or holds SpoolFull or SpoolFailed."""
        future: Future[None] = self._running.create_future()
        frame = framed(record)
        full = self._full(len(frame))
        if full:
            future.set_exception(self._refuse(SpoolFull(full)))
            return future
        self._pending.append((frame, future))
        self._pending_bytes += len(frame)
        if self._idle.is_set():
            self._idle.clear()
            self._running.call_later(self._settings.group_ms / 1_000, self._flush)
        return future

    def refuses(self) -> str:
        """Why a record was not taken lately, "" where all were: smaller ones may still find room."""
        return self._refused_why if self._running.time() - self._refused_at < REFUSES_S else ""

    def drained(self) -> bool:
        """Nothing is kept and nothing is on its way here."""
        return self._idle.is_set() and not self._store.size

    async def written(self) -> None:
        """Returns when no record waits for the disk."""
        await self._idle.wait()

    async def read(self, most: int) -> Window | None:
        """About `most` bytes of the oldest records, None where there are none. Raises OSError."""
        window = await self._running.run_in_executor(self._thread, self._store.read, most)
        if window is not None and window.torn:
            SPOOL_TORN.inc(window.torn)
            log.warning("spool_torn", places=window.torn, segment=window.end.segment)
        return window

    async def advance(self, window: Window) -> None:
        """Kafka has all of this window: the next one is read behind it."""
        await self._running.run_in_executor(self._thread, self._store.advance, window.end)

    async def set_aside(self, record: Spooled, *, why: str) -> None:
        """Keeps what Kafka will never take, so that it does not hold up the rest. Raises OSError."""
        await self._running.run_in_executor(self._thread, self._store.set_aside, record)
        SPOOL_REFUSED.inc()
        log.error("spool_set_aside", why=why, bytes=len(record.value))

    async def close(self) -> None:
        """Writes what waits and lets go; what is kept stays for the next start."""
        await self._idle.wait()
        await self._running.run_in_executor(self._thread, self._store.close)
        self._thread.shutdown(wait=False)

    def oldest_s(self) -> float:
        """How old the oldest record can be, in seconds; 0 where there is none."""
        oldest = self._store.oldest_ms
        return 0.0 if oldest is None else max(0.0, (self._now_ms() - oldest) / 1_000)

    @property
    def _running(self) -> AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("not started: the server must run the ASGI lifespan")
        return self._loop

    def _full(self, more: int) -> str:
        here = self._settings
        if self._store.size + self._pending_bytes + more > here.max_bytes:
            return f"the spool has reached {here.max_bytes} bytes"
        if self.oldest_s() > here.max_age_s:
            return f"the spool's oldest record is older than {here.max_age_s:g} s"
        return ""

    def _refuse(self, error: SinkError) -> SinkError:
        self._refused_why, self._refused_at = str(error), self._running.time()
        return error

    def _flush(self) -> None:
        waiting, self._pending = self._pending, []
        self._pending_bytes = 0
        data = b"".join(frame for frame, _ in waiting)
        done = self._running.run_in_executor(self._thread, self._write, data)
        done.add_done_callback(partial(self._written, waiting))

    def _write(self, data: bytes) -> None:
        begun = perf_counter()
        self._store.append(data)
        SPOOL_SYNC_SECONDS.observe(perf_counter() - begun)

    def _written(self, waiting: _Waiting, done: "Future[None]") -> None:
        error = _spool_error(done)
        for _, future in waiting:
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(self._refuse(error))
        if error is None:
            SPOOLED.inc(len(waiting))
        if self._pending:
            self._flush()
        else:
            self._idle.set()


def _spool_error(done: "Future[None]") -> SinkError | None:
    error = done.exception()
    if error is None:
        return None
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return SpoolFull(f"the spool's disk is full: {error.strerror}")
    log.error("spool_failed", error=type(error).__name__, says=str(error))
    return SpoolFailed(f"the spool cannot be written: {type(error).__name__}")
