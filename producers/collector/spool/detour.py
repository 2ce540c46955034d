"""The way to Kafka, and the way round by the spool while Kafka is away, silent or behind.

A circuit. Closed: records go straight to Kafka. It opens when a record fails, has no acknowledgement within its budget,
or too many bytes wait: then everything that waits goes to the spool in its order, and what comes goes behind it, so no
partition's order is broken. The replay closes it when nothing is left. So that it ever does under steady traffic, what
comes during the last steps is held in memory (and not answered) until they are done, for one budget at most.
"""

import asyncio
from asyncio import AbstractEventLoop, Future, Task, TimerHandle
from functools import partial
from typing import Final

from producers.collector.spool.outstanding import sink_error
from producers.collector.spool.records import Spooled
from producers.collector.spool.replay import WINDOW, Replay
from producers.collector.spool.spool import Spool
from producers.errors import SinkError, SinkRefused
from producers.logs import log
from producers.metrics import SPOOLING
from producers.sinks.base import Sink

__all__ = ["Detour"]

LAST: Final = WINDOW  # bytes in the spool from which on it may be finished while what comes is held


class _Flight:
    """One record, and who waits for it."""

    __slots__ = ("future", "record", "sent_at")

    def __init__(self, record: Spooled, future: "Future[None]", sent_at: float) -> None:
        self.record = record
        self.future = future
        self.sent_at = sent_at


class Detour:
    """A Sink. `budget_s` = seconds that Kafka has for a record; `most` = bytes that may wait for it."""

    def __init__(self, sink: Sink, spool: Spool, replay: Replay, *, budget_s: float, most: int) -> None:
        self._sink = sink
        self._spool = spool
        self._replay = replay
        self._budget_s = budget_s
        self._most = most
        self._loop: AbstractEventLoop | None = None
        self._flying: dict[_Flight, None] = {}
        self._bytes = 0
        self._watch: TimerHandle | None = None
        self._why = ""  # why the circuit is open, "" = it is closed
        self._replaying: Task[None] | None = None
        self._held: list[_Flight] | None = None
        self._hold: TimerHandle | None = None
        self._answered = False

    async def start(self) -> None:
        """See Sink. What an earlier process left goes first."""
        self._loop = asyncio.get_running_loop()
        self._spool.start()
        await self._sink.start()
        if not self._spool.drained():
            self._open("an earlier process left records")

    def not_ready(self) -> str:
        """Not before Kafka has answered once, else wrong settings would fill the disk; then while the spool takes."""
        self._answered = self._answered or not self._sink.not_ready()
        if not self._answered:
            return self._sink.not_ready()
        return self._spool.refuses() if self._why else ""

    def detour(self) -> str:
        """Why records go by the spool."""
        return self._why

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> "Future[None]":
        """See Sink."""
        record = Spooled(topic, partition, value, key)
        if not self._why and self._bytes > self._most:
            self._open(f"{self._bytes} bytes wait for Kafka, more than {self._most}")
        if not self._why:
            return self._send(record, self._running.create_future())
        if self._held is not None:
            future: Future[None] = self._running.create_future()
            self._held.append(_Flight(record, future, 0.0))
            return future
        return self._spool.append(record)

    def renew(self, why: str) -> None:
        """See Sink: the circuit opens, nothing is given up."""
        self._open(why)

    async def close(self, *, deadline_s: float) -> None:
        """See Sink. What Kafka does not take within its budget goes to the spool; what is there stays there."""
        if self._flying:  # the watch sees to it that this ends
            await asyncio.wait([flight.future for flight in self._flying], timeout=deadline_s)
        if self._replaying is not None:
            self._replaying.cancel()
        self._why = self._why or "closed"
        self._let_go()
        try:
            await asyncio.wait_for(self._spool.close(), deadline_s)
        except TimeoutError:  # a disk that hangs; what it did not take was not answered
            log.error("spool_not_closed")
        await self._sink.close(deadline_s=deadline_s)

    @property
    def _running(self) -> AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("not started: the server must run the ASGI lifespan")
        return self._loop

    def _send(self, record: Spooled, future: "Future[None]") -> "Future[None]":
        flight = _Flight(record, future, self._running.time())
        self._flying[flight] = None
        self._bytes += len(record.value)
        sent = self._sink.write(record.topic, partition=record.partition, value=record.value, key=record.key)
        sent.add_done_callback(partial(self._landed, flight))
        if self._watch is None:
            self._watch = self._running.call_later(self._budget_s, self._look)
        return future

    def _landed(self, flight: _Flight, sent: "Future[None]") -> None:
        error = sink_error(sent)
        if flight not in self._flying:  # the spool has it
            return
        self._answered = self._answered or error is None
        if error is None or isinstance(error, SinkRefused):
            del self._flying[flight]
            self._bytes -= len(flight.record.value)
            _settle(flight.future, error)
        else:
            self._open(str(error))

    def _look(self) -> None:
        """Acknowledgements that came while this process had no time are seen first."""
        self._watch = None
        self._running.call_soon(self._judge)

    def _judge(self) -> None:
        oldest = next(iter(self._flying), None)
        if oldest is None or self._watch is not None:
            return
        due = oldest.sent_at + self._budget_s
        if due > self._running.time():
            self._watch = self._running.call_at(due, self._look)
        else:
            self._open(f"no acknowledgement within {self._budget_s:g} s")

    def _open(self, why: str) -> None:
        """Everything that waits goes to the spool, and a new start is made with Kafka."""
        if self._why:
            return
        self._why = why
        SPOOLING.set(1)
        log.warning("spool_opened", why=why, records=len(self._flying))
        flying, self._flying, self._bytes = self._flying, {}, 0
        for flight in flying:
            self._spool_it(flight)
        if flying:  # what was given up must not arrive behind what comes from the spool
            self._sink.renew(why)
        self._replaying = self._running.create_task(self._go_back())

    async def _go_back(self) -> None:
        """Replays until nothing is left, then closes the circuit. Whatever happens, it goes on."""
        while True:
            try:
                await self._drain()
            except Exception as error:  # noqa: BLE001  (else what was accepted would stay on the disk unseen)
                log.error("replay_failed", error=type(error).__name__, says=str(error))
                await asyncio.sleep(self._budget_s)
            else:
                break
        self._close_circuit()

    async def _drain(self) -> None:
        while not self._spool.drained():
            left = await self._replay.step()
            if left <= LAST and self._held is None:
                self._held = []
                self._hold = self._running.call_later(self._budget_s, self._let_go)
            if not left:
                await self._spool.written()

    def _close_circuit(self) -> None:
        log.info("spool_drained")
        SPOOLING.set(0)
        held, self._held, self._why, self._replaying = self._held or [], None, "", None
        if self._hold is not None:
            self._hold.cancel()
        for flight in held:
            self._send(flight.record, flight.future)

    def _let_go(self) -> None:
        """The last steps take too long: what is held goes to the spool."""
        held, self._held = self._held or [], None
        for flight in held:
            self._spool_it(flight)

    def _spool_it(self, flight: _Flight) -> None:
        self._spool.append(flight.record).add_done_callback(lambda done: _settle(flight.future, sink_error(done)))


def _settle(future: "Future[None]", error: SinkError | None) -> None:
    if not future.done():
        future.set_result(None) if error is None else future.set_exception(error)
