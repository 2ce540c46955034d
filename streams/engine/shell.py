"""What stands between Faust and an agent: reads blocks, sifts out poison, guards folds. No exception passes.

A record counts as worked off when the agent asks for the next one; until then nothing of it can be committed. Poison
goes to `rejected` with its bytes, where it was and why, and its neighbours go on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

import structlog
from faust.types import TP
from msgspec import Struct

from schemas.activity import Version
from schemas.codec import BlockCodec, encode
from schemas.errors import FromTheFuture, Undecodable
from schemas.formats import refuse_the_future
from schemas.rejected import Envelope, Reason, Rejected
from schemas.versions import kept_version, unpacked
from streams.core.effects import NOTHING, Folded
from streams.core.errors import CoreError
from streams.engine.guards.exits import STOPPED, Die, die
from streams.engine.reading.breaker import Breaker
from streams.engine.reading.intake import Fetched, Inbox, Waiting
from streams.engine.reading.progress import Progress
from streams.engine.sending.book import Book
from streams.engine.sending.outbox import Outbox
from streams.engine.sending.pump import Pump
from streams.metrics import Metrics

__all__ = ["Decode", "Decoded", "Fold", "Gathered", "Raw", "Refusal", "Shell", "Sifted", "block_decoder"]

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)
R = TypeVar("R")
DETAIL: Final = 300  # characters
LONGEST_RETRY_S: Final = 5.0
A_TURN: Final = 30  # messages, and one more for each record: a turn of the loop costs as much as folding one

_log = structlog.get_logger(__name__)


class Refusal(NamedTuple):
    """One item of a block that could not be used."""

    raw: bytes
    reason: Reason
    detail: str
    source: str
    envelope: Envelope | None = None


class Decoded(Struct, Generic[M], frozen=True, gc=False):
    """What a block holds: messages with their key in `to`, refusals, and what was left out on purpose by reason."""

    messages: Sequence[M]
    refused: Sequence[Refusal] = ()
    filtered: Mapping[str, int] = {}


Decode = Callable[[bytes], Decoded[M]]


class Fold(Protocol[M_contra, R]):
    """A fold with its rules bound."""

    def __call__(self, key: str, row: R | None, messages: Sequence[M_contra], /, *, version: Version) -> Folded[R]:
        """The row after these messages, and what others must know."""


class Sifted(Struct, Generic[M], frozen=True, gc=False):
    """One record, read: its messages by key and how many, and the version that its offset gives to rows."""

    by_key: Mapping[str, Sequence[M]]
    version: Version
    tp: TP
    messages: int


class Raw(NamedTuple):
    """One record of a card topic. `topic` is the short name; `value` None is a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Gathered:
    """Some records; the reader sets `done` when they need not come again."""

    def __init__(self, records: Sequence[Raw]) -> None:
        self.records = records
        self.done = False


class Shell:
    """`name_of`: topic on the broker -> its short name. `now` in UTC milliseconds. `reading()`: partitions are ours."""

    def __init__(self, *, epoch: int, outbox: Outbox, pump: Pump, progress: Progress, breaker: Breaker,
                 metrics: Metrics, now: Callable[[], int], name_of: Mapping[str, str],
                 reading: Callable[[], bool], die: Die = die) -> None:  # fmt: skip
        self._die = die
        self._epoch = epoch
        self._outbox = outbox
        self._pump = pump
        self._progress = progress
        self._breaker = breaker
        self._metrics = metrics
        self._now = now
        self._name_of = name_of
        self._reading = reading

    async def read(self, inbox: Inbox, decode: Decode[M]) -> AsyncIterator[Sifted[M]]:
        """The records of an inbox, one by one. After some messages the other agents have their turn."""
        since = 0
        async for tp, record in inbox:
            if not self._progress.begin(tp, record.offset):
                continue
            sifted = self._sift(tp, record, decode)
            yield sifted
            if self._pump.full:
                await self._pump.ebb()
            self._progress.finish(tp, record.offset)
            since += 1 + sifted.messages
            if since >= A_TURN:
                since = 0
                await asyncio.sleep(0)

    async def gather(self, inbox: Inbox, *, most: int) -> AsyncIterator["Gathered"]:
        """Raw records of card topics, as many as lie ready: worked off if `done` when the next are asked for."""
        ready: list[Waiting] = []
        async for tp, record in inbox:
            if self._progress.begin(tp, record.offset):
                ready.append((tp, record))
            if ready and (len(ready) >= most or inbox.empty):
                gathered = Gathered([self._raw(*one) for one in ready])
                yield gathered
                if gathered.done:
                    for done, one in ready:
                        self._progress.finish(done, one.offset)
                ready = []

    def _raw(self, tp: TP, record: Fetched) -> "Raw":
        topic = self._name_of[tp.topic]
        self._metrics.count("blocks", topic)
        return Raw(topic, tp.partition, record.offset, record.key, record.value)

    def held(self, topics: Collection[str]) -> list[tuple[str, int]]:
        """The partitions of these topics, by short name, that this worker reads now."""
        if not self._reading():
            return []
        named = ((self._name_of[tp.topic], tp.partition) for tp in self._progress.positions())
        return [one for one in named if one[0] in topics]

    async def patiently(self, service: str, call: Callable[[], object], *, retry: type[Exception]) -> bool:
        """Runs a blocking call in a thread until it works. False: the partitions are taken away, it was given up."""
        wait_s = 0.1
        while True:
            try:
                await asyncio.to_thread(call)
            except retry as error:
                _log.warning("service_away", service=service, error=str(error), again_in_s=wait_s)
                self._metrics.count("retries", service)
            else:
                return True
            until = time.monotonic() + wait_s
            while time.monotonic() < until:
                if not self._reading():
                    return False
                await asyncio.sleep(0.05)
            wait_s = min(wait_s * 2, LONGEST_RETRY_S)

    def _sift(self, tp: TP, record: Fetched, decode: Decode[M]) -> Sifted[M]:
        topic = self._name_of[tp.topic]
        try:
            decoded = decode(record.value or b"[]")
        except FromTheFuture as error:
            self._die(str(error), code=STOPPED, partition=tp.partition, offset=record.offset)
        except Exception as error:  # noqa: BLE001  a decoder never raises; one that does must not stop the topic
            _log.error("decoder_raised", topic=topic, offset=record.offset, error=repr(error))
            decoded = Decoded((), [Refusal(record.value or b"", Reason.SCHEMA, repr(error), topic)])
        by_key: dict[str, list[M]] = {}
        last: str | None = None
        own: list[M] = []
        for one in decoded.messages:
            to: str = one.to  # type: ignore[attr-defined]  # every inbox message has it
            if to is not last:  # what one browser sent names it by one object
                own, last = by_key.setdefault(to, []), to
            own.append(one)
        self._metrics.count("blocks", topic)
        self._metrics.count("messages", topic, n=len(decoded.messages))
        for reason, n in decoded.filtered.items():
            self._metrics.count("filtered", reason, n=n)
        self._reject(decoded.refused, tp=tp, offset=record.offset)
        self._breaker.count(good=len(decoded.messages), bad=len(decoded.refused))
        return Sifted(by_key, _version(record, self._epoch), tp, len(decoded.messages))

    def _reject(self, refused: Sequence[Refusal], *, tp: TP, offset: int) -> None:
        if refused:
            now = self._now()
            self._outbox.reject([
                Rejected(at=now, reason=one.reason, detail=one.detail[:DETAIL], source=one.source, raw=one.raw,
                         topic=tp.topic, partition=tp.partition, offset=offset, envelope=one.envelope)
                for one in refused
            ])  # fmt: skip

    def move(self, fold: Fold[M, R], *, book: Book[R], record: Sifted[M]) -> None:
        """Folds each key's messages into its row: at once, and one by one where that raises.

        Rows are put and effects are handed over; decisions wait for their row. What raises by itself is rejected.
        """
        self._metrics.count("folds", book.name, n=len(record.by_key))
        for key, messages in record.by_key.items():
            try:
                self._moved(fold, key, book=book, messages=messages, version=record.version)
            except Exception as error:  # noqa: BLE001  law 5: an agent never raises
                _log.error("fold_raised", table=book.name, offset=record.version.offset, error=type(error).__name__)
                self._one_by_one(fold, key, book=book, record=record)

    def _one_by_one(self, fold: Fold[M, R], key: str, *, book: Book[R], record: Sifted[M]) -> None:
        for message in record.by_key[key]:
            try:
                self._moved(fold, key, book=book, messages=[message], version=record.version)
            except Exception as error:  # noqa: BLE001  the same
                self._refuse(message, error, book=book.name, record=record)

    def _moved(self, fold: Fold[M, R], key: str, *, book: Book[R], messages: Sequence[M], version: Version) -> None:
        after, effects = fold(key, book.get(key), messages, version=version)
        if effects is NOTHING:
            book.keep(key, after)
        else:
            self._outbox.send(effects, after=book.put(key, after))

    def _refuse(self, message: Any, error: Exception, *, book: str, record: Sifted[Any]) -> None:
        reason = error.reason if isinstance(error, Undecodable | CoreError) else Reason.FOLD
        try:
            raw = encode(message)
        except Exception:  # noqa: BLE001  what cannot be encoded is kept all the same
            raw = repr(message).encode(errors="replace")
        refusal = Refusal(raw, reason, f"{type(error).__name__}: {error}", book)
        self._reject([refusal], tp=record.tp, offset=record.version.offset)
        self._breaker.count(good=0, bad=1)


def block_decoder(codec: BlockCodec[M], source: str) -> Decode[M]:
    """Reads a block with its codec; what cannot be read is refused under `source`."""

    def decode(raw: bytes) -> Decoded[M]:
        messages, refused = codec.decode(raw)
        refuse_the_future(source, messages)  # type: ignore[arg-type]  # every inbox message has it
        return Decoded(messages, [Refusal(one.raw, one.error.reason, one.error.detail, source) for one in refused])

    return decode


def _version(record: Fetched, epoch: int) -> Version:
    """A record's place; one that was brought here from another epoch keeps what it had there."""
    kept = kept_version(record.headers) if record.headers else None
    return Version(epoch, record.offset) if kept is None else unpacked(kept)
