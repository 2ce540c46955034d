"""Kafka through kafka-python: one producer, one sender thread, acknowledgements bridged back to the event loop.

Its producer has no memory bound: `collector/blocks.py` counts outstanding bytes. With idempotence an acknowledgement
means that all in-sync replicas have the record. Without the crc32c package a record costs five times as much.

An idempotent producer can be spoilt for good, for example by a broker that forgot its id; then every send fails until
it is replaced. So when all writes fail for a while, a new one is made.
"""

import asyncio
import importlib.util
from asyncio import Future
from collections.abc import Mapping
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from producers.errors import BadSettings, SinkError, SinkRefused, SinkUnavailable
from producers.logs import log

__all__ = ["KafkaSink"]

RETRY_S: Final = 0.5
RENEW_AFTER_S: Final = 3.0  # nothing but failures for so long
FOR_GOOD: Final = (InvalidRecordError, InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError)
# 2.6: every broker that we support speaks it, so the constructor need not ask and block.
PRODUCER: Final[Mapping[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 0,  # the block is the linger
    "batch_size": 262_144,
    "compression_type": "lz4",
    "max_request_size": 4 << 20,
    "delivery_timeout_ms": 20_000,
    "request_timeout_ms": 8_000,
    "max_block_ms": 200,
    "bootstrap_timeout_ms": 5_000,
    "metadata_max_age_ms": 60_000,
    "reconnect_backoff_max_ms": 1_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class KafkaSink:
    """`topics` are the names that will be written; each must have `partitions` partitions.

    Raises BadSettings without the crc32c package.
    """

    def __init__(self, bootstrap_servers: str, *, topics: tuple[str, ...], partitions: int) -> None:
        if importlib.util.find_spec("crc32c") is None:
            raise BadSettings("the package crc32c is missing: without it a record costs five times as much")
        self._servers = [server.strip() for server in bootstrap_servers.split(",") if server.strip()]
        self._topics = topics
        self._partitions = partitions
        self._producer: KafkaProducer | None = None
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

    def write(self, topic: str, *, partition: int, value: bytes, key: bytes | None = None) -> Future[None]:
        """See Sink."""
        loop = asyncio.get_running_loop()
        future: Future[None] = loop.create_future()
        producer = self._producer
        if producer is None or self._why:
            future.set_exception(SinkUnavailable(self._why))
            return future
        if topic not in self._topics or partition >= self._partitions:  # kept from other settings, of another epoch
            future.set_exception(SinkRefused(f"partition {partition} of {topic} is not written under these settings"))
            return future
        try:
            sent = producer.send(topic, value=value, key=key, partition=partition)
        except (KafkaError, ValueError, TypeError) as error:
            self._lost(future, _sink_error(topic, error), producer)
            return future
        # Both run on the sender's thread, where exceptions vanish: they only hand over.
        hand_over = loop.call_soon_threadsafe
        sent.add_callback(lambda _: hand_over(self._safe, future))
        sent.add_errback(lambda error: hand_over(self._lost, future, _sink_error(topic, error), producer))
        return future

    def renew(self, why: str) -> None:
        """See Sink. What a broker has been sent already may arrive all the same."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        log.warning("kafka_producer_given_up", why=why)
        ready, self._why = not self._why, f"connecting again after {why}"
        self._failing_since = None
        loop = asyncio.get_running_loop()
        closing = loop.create_task(_closed(producer, deadline_s=0))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        if ready:  # else somebody is connecting already
            self._connecting = loop.create_task(self._connect())

    async def close(self, *, deadline_s: float) -> None:
        """See Sink."""
        if self._connecting is not None:
            self._connecting.cancel()
        producer, self._producer = self._producer, None
        self._why = "closed"
        if producer is not None:
            await _closed(producer, deadline_s=deadline_s)

    def _safe(self, future: Future[None]) -> None:
        self._failing_since = None
        if not future.done():
            future.set_result(None)

    def _lost(self, future: Future[None], error: SinkError, producer: KafkaProducer) -> None:
        if not future.done():
            future.set_exception(error)
        if producer is not self._producer or isinstance(error, SinkRefused):
            return
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since or now
        if now - self._failing_since >= RENEW_AFTER_S:
            self.renew(str(error))

    async def _connect(self) -> None:
        while self._why:
            producer = self._producer
            try:
                producer = self._producer = producer or await asyncio.to_thread(self._open)
                why = await asyncio.to_thread(self._missing, producer)
            except (KafkaError, OSError) as error:
                why = f"Kafka does not answer: {type(error).__name__}"
            if self._producer is producer:  # else it was given up meanwhile
                self._why = why
            if self._why:
                log.warning("kafka_not_ready", why=self._why)
                await asyncio.sleep(RETRY_S)
        log.info("kafka_ready", partitions=self._partitions)

    def _open(self) -> KafkaProducer:
        return _Producer(bootstrap_servers=self._servers, client_id="leadstream-collector", **PRODUCER)

    def _missing(self, producer: KafkaProducer) -> str:
        """Why the topics cannot be written, "" when they can. Asking also warms the producer's metadata."""
        for topic in self._topics:
            found = producer.partitions_for(topic)
            if not found:
                return f"there is no topic {topic}"
            if len(found) != self._partitions:
                return f"{topic} has {len(found)} partitions, LEADSTREAM_KAFKA__PARTITIONS says {self._partitions}"
        return ""


class _Producer(KafkaProducer):  # type: ignore[misc]  # kafka-python ships no types
    """Closing it ends it also where it cannot deliver: else its thread would go on and write behind our back."""

    def close(self, timeout: float | None = None, null_logger: bool = False) -> None:  # noqa: FBT001, FBT002
        """Raises KafkaTimeoutError where something was given up."""
        try:
            super().close(timeout, null_logger)
        except KafkaTimeoutError:
            self._sender.force_close()
            raise


async def _closed(producer: KafkaProducer, *, deadline_s: float) -> None:
    try:
        await asyncio.to_thread(producer.close, timeout=deadline_s)
    except KafkaError as error:
        log.warning("kafka_close_failed", error=type(error).__name__)


def _sink_error(topic: str, error: Exception) -> SinkError:
    kind = SinkRefused if isinstance(error, FOR_GOOD) else SinkUnavailable
    return kind(f"{topic}: {type(error).__name__}")
