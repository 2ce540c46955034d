"""From a request that was read to records that are safe: events to `visits` in blocks, what is bad to `rejected`."""

import asyncio
from collections.abc import Callable, Sequence

from producers.collector.blocks import Blocks
from producers.collector.door.keys import Sender
from producers.collector.latch import Latch
from producers.collector.reading.caps import BadEvent
from producers.collector.reading.wire import Request
from producers.collector.spool.outstanding import Outstanding
from producers.collector.stamp import MAX_USER_AGENT, grouped, partitions_by_visitor, stamped
from producers.metrics import EVENTS, REJECTED
from producers.settings import Settings
from producers.sinks.base import Sink
from schemas.codec import encode
from schemas.ids import Naming
from schemas.lookups import remembered
from schemas.rejected import Envelope, Reason, Rejected
from schemas.times import milliseconds_of
from schemas.topics import partition_of, topic

__all__ = ["Intake"]


class Intake:
    """What the collector does with events, without HTTP. `now_ms` tells the time in UTC milliseconds."""

    def __init__(self, settings: Settings, sink: Sink, *, now_ms: Callable[[], int]) -> None:
        self.sink = sink
        self.now_ms = now_ms
        self.naming = Naming(settings.secret.get_secret_value().encode())
        self.partitions = settings.kafka.partitions
        self._settings = settings.collector
        self._kafka = settings.kafka
        self._rejected = self.topic("rejected")
        self._partition = partitions_by_visitor(self.naming, self.partitions)
        self.outstanding = Outstanding(sink, most=self._settings.outstanding_bytes)
        self._accepted = remembered("sources", most=1_024)(EVENTS.labels)  # one child per source
        self._blocks: Blocks | None = None

    def topic(self, name: str) -> str:
        """The topic's name on the broker."""
        return topic(name).full(self._kafka.topic_prefix, epoch=self._kafka.epoch)

    async def start(self) -> None:
        """Begins to connect; belongs to the running event loop from here on."""
        self._blocks = Blocks(
            asyncio.get_running_loop(),
            self.sink,
            self.outstanding,
            topic=self.topic("visits"),
            partitions=self.partitions,
            wait_s=self._settings.block_wait_ms / 1_000,
            limit=self._settings.block_bytes,
            timeout_s=self._settings.reply_timeout_s,
        )
        await self.sink.start()

    async def stop(self) -> None:
        """Sends what gathers and waits for what was sent."""
        self.blocks.flush()
        await self.sink.close(deadline_s=10)

    @property
    def blocks(self) -> Blocks:
        """Where events gather, once started."""
        if self._blocks is None:
            raise RuntimeError("not started: the server must run the ASGI lifespan")
        return self._blocks

    def not_ready(self) -> str:
        """Why events cannot be taken now, "" when they can."""
        if self._blocks is None:
            return "not started"
        return self.sink.not_ready() or ("Kafka does not acknowledge" if self._blocks.stalled() else "")

    async def take(
        self, request: Request, *, sender: Sender, ip: str | None, user_agent: str | None
    ) -> Sequence[BadEvent]:
        """Everything that was not accepted, once all of this request is safe. Raises SinkError: it must come again."""
        self.outstanding.admit(len(request.events) + len(request.bad))
        received_at, sent_at = self.now_ms(), milliseconds_of(request.sent_at)
        groups, nobody = grouped(request, self._partition)
        latch = Latch(asyncio.get_running_loop())
        for partition, events in groups.items():
            for delivery in stamped(
                events,
                received_at=received_at,
                sent_at=sent_at,
                source=sender.source,
                trust=sender.trust,
                ip=ip,
                user_agent=user_agent,
                limit=self._settings.block_bytes,
            ):
                self.blocks.add(partition, delivery, latch)
        refused = (*request.bad, *nobody)
        if refused:
            agent = user_agent[:MAX_USER_AGENT] if user_agent else None
            envelope = Envelope(received_at=received_at, sent_at=sent_at, trust=sender.trust, ip=ip, user_agent=agent)
            for bad in refused:
                # Who did not agree is nobody: not even where the event came from is kept.
                kept = None if bad.reason is Reason.NO_CONSENT else envelope
                self.reject(bad, source=sender.source, at=received_at, latch=latch, envelope=kept)
        await latch.wait()
        self._accepted(sender.source).inc(len(request.events) - len(nobody))
        return refused

    def reject(
        self, bad: BadEvent, *, source: str, at: int, latch: Latch, envelope: Envelope | None = None,
        door: str | None = None,
    ) -> None:  # fmt: skip
        """Keeps one event that we cannot use, with what surrounded it; the latch hears when it is safe."""
        REJECTED.labels(bad.reason).inc()
        record = Rejected(at=at, reason=bad.reason, detail=bad.detail, source=source, raw=bad.raw,
                          envelope=envelope, door=door)  # fmt: skip
        self.outstanding.write(
            self._rejected,
            partition=partition_of(source, self.partitions),
            key=source.encode(),
            value=encode(record),
            latch=latch,
        )
