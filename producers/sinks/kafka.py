"""Kafka through aiokafka, on the event loop of the HTTP side: no second thread, one request for all that waits.

Records wait by partition while that partition's last batch is on its way, so nothing overtakes; a batch that is sent
again after an answer got lost may be there twice. There is no memory bound: `collector/spool/outstanding.py` counts
bytes.

A producer can be spoilt for good. So when all writes fail for a while, a new one is made.
"""

import asyncio
import importlib.util
from asyncio import Future
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError

from kafka_access.access import Where
from producers.errors import BadSettings, SinkError, SinkRefused, SinkUnavailable
from producers.logs import log
from producers.sinks.lane import Lane
from producers.sinks.producer import REFUSED, opened, stopped

__all__ = ["KafkaSink"]

RETRY_S: Final = 0.5
SAY_S: Final = 30.0  # so often it says again why it is not connected
REFUSED_RETRY_S: Final = 5.0
RENEW_AFTER_S: Final = 3.0  # nothing but failures for so long
MOST_RECORD: Final = 4 << 20
MOST_BATCH: Final = 256 * 1024
FOR_GOOD: Final = (InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError)


class KafkaSink:
    """`topics` are the names that will be written; each must have `partitions` partitions.

    Raises BadSettings without the crc32c package.
    """

    def __init__(self, servers: Where, *, topics: tuple[str, ...], partitions: int) -> None:
        if importlib.util.find_spec("crc32c") is None:
            raise BadSettings("the package crc32c is missing: without it a block costs several times as much")
        self._servers = servers
        self._topics = topics
        self._partitions = partitions
        self._lanes = {(topic, number): Lane(topic, number) for topic in topics for number in range(partitions)}
        self._due: dict[Lane, None] = {}
        self._leaving: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._why = "Kafka has not answered yet"
        self._connecting: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._failing_since: float | None = None

    async def start(self) -> None:
        """Connects in the background, again and again until Kafka answers."""
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def not_ready(self) -> str:
        """Why not: what Kafka, or the lack of it, said last."""
        return self._why

    def detour(self) -> str:
        """There is none."""
        return ""

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> "Future[None]":
        """See Sink."""
        if self._why:
            return _failed(SinkUnavailable(self._why))
        lane = self._lanes.get((topic, partition))
        if lane is None:  # kept from other settings, of another epoch
            return _failed(SinkRefused(f"partition {partition} of {topic} is not written under these settings"))
        if len(value) > MOST_RECORD:
            return _failed(SinkRefused(f"{topic}: {len(value)} bytes, more than {MOST_RECORD}"))
        future = lane.add(key, value)
        self._depart(lane)
        return future

    def renew(self, why: str) -> None:
        """See Sink. What a broker has been sent already may arrive all the same."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        log.warning("kafka_producer_given_up", why=why)
        self._why = f"connecting again after {why}"
        self._failing_since = None
        self._give_up(SinkUnavailable(self._why))
        loop = asyncio.get_running_loop()
        closing = loop.create_task(stopped(producer, deadline_s=0))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._connecting = loop.create_task(self._connect())

    async def close(self, *, deadline_s: float) -> None:
        """See Sink."""
        if self._connecting is not None:
            self._connecting.cancel()
        self._why = "closed"
        under_way = [one.future for lane in self._lanes.values() for one in (*lane.flying, *lane.waiting)]
        if under_way:
            await asyncio.wait(under_way, timeout=deadline_s)
        producer, self._producer = self._producer, None
        self._give_up(SinkUnavailable(self._why))
        if producer is not None:
            await stopped(producer, deadline_s=deadline_s)

    def _depart(self, lane: Lane) -> None:
        """This lane's batch leaves with those of the others, in one request a broker."""
        if not lane.ready():
            return
        self._due[lane] = None
        if self._leaving is None and self._producer is not None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave(self._producer))

    async def _leave(self, producer: AIOKafkaProducer) -> None:
        while self._due:
            due, self._due = self._due, {}
            for lane in due:
                if self._given_up(producer) or not lane.ready():
                    continue
                batch = lane.depart(most=MOST_BATCH)
                try:
                    sent = await producer.send_batch(batch, lane.topic, partition=lane.partition)
                except Exception as error:  # noqa: BLE001  (whatever it is, the next lane leaves, and records are answered)
                    self._lost(lane, error, producer)
                else:
                    sent.add_done_callback(partial(self._ended, lane, producer))
        self._leaving = None

    def _ended(self, lane: Lane, producer: AIOKafkaProducer, sent: "Future[Any]") -> None:
        if self._given_up(producer):  # and with it what it had
            return
        error = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if error is not None:
            self._lost(lane, error, producer)
            return
        self._failing_since = None
        lane.landed()
        self._depart(lane)

    def _lost(self, lane: Lane, error: BaseException, producer: AIOKafkaProducer) -> None:
        for_good = isinstance(error, FOR_GOOD)
        if not (for_good and lane.split()):
            kind = SinkRefused if for_good else SinkUnavailable
            lane.fail(kind(f"{lane.topic}: {type(error).__name__}"), all_of_them=not for_good)
        self._depart(lane)
        if for_good or self._given_up(producer):
            return
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since or now
        if now - self._failing_since >= RENEW_AFTER_S:
            self.renew(f"{lane.topic}: {type(error).__name__}")

    def _given_up(self, producer: AIOKafkaProducer) -> bool:
        return producer is not self._producer

    def _give_up(self, error: SinkError) -> None:
        """Whoever still waits hears this."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self._due.clear()
        for lane in self._lanes.values():
            lane.fail(error, all_of_them=True)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        said, say_at = "", 0.0
        while self._why:
            producer, why = await opened(self._servers, self._wanted())
            if producer is not None:
                self._producer, self._why = producer, ""
                log.info("kafka_ready", partitions=self._partitions)
                return
            self._why = why
            if why != said or loop.time() >= say_at:
                log.warning("kafka_not_ready", why=why)
                said, say_at = why, loop.time() + SAY_S
            await asyncio.sleep(REFUSED_RETRY_S if why.startswith(REFUSED) else RETRY_S)

    def _wanted(self) -> Mapping[str, int]:
        return dict.fromkeys(self._topics, self._partitions)


def _failed(error: SinkError) -> "Future[None]":
    future: Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future
