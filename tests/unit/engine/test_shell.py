"""Reading blocks: poison goes to `rejected`, the rest is folded, and only what was worked off may be committed."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from faust.types import TP

from schemas.activity import Version
from schemas.codec import REJECTED, TOUCHES, encode, encode_block
from schemas.rejected import Reason
from schemas.touches import Disposition
from schemas.versions import VERSION_HEADER, packed
from streams.core.effects import Effects, Folded
from streams.core.errors import UnknownRow
from streams.engine.reading.breaker import Breaker
from streams.engine.reading.intake import Inbox, Waiting
from streams.engine.reading.progress import Progress
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import SAVED
from streams.engine.sending.outbox import Outbox
from streams.engine.shell import Decoded, Shell, block_decoder
from streams.metrics import Metrics
from tests.unit.engine.conftest import HandClock, raising

INBOX = TP("t.inbox", 2)
DECODE = block_decoder(TOUCHES, "touches")


class Fetched(NamedTuple):
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Ending(Inbox):
    """An inbox with these records, which ends when they are read."""

    def __init__(self, *values: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        super().__init__(set())
        self.put(INBOX, [Fetched(offset, b"k", value, headers) for offset, value in enumerate(values)])

    async def __anext__(self) -> Waiting:
        if self.empty:
            raise StopAsyncIteration
        return await super().__anext__()


class Book:
    """Rows that are just lists of ids."""

    name = "leads"

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}

    def get(self, key: str) -> list[str] | None:
        return self.rows.get(key)

    def keep(self, key: str, row: list[str]) -> None:
        self.rows[key] = row

    def put(self, key: str, row: list[str]) -> Any:
        self.keep(key, row)
        return SAVED


class Desk:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.outbox = Outbox(
            partitions=4, bell=Bell(0), deliver=lambda _: None, metrics=self.metrics, now=lambda: 7
        )
        self.progress = Progress(lambda _: True, die=raising)
        self.progress.start({INBOX: 0})
        self.away = False
        pump = SimpleNamespace(full=False)
        breaker = Breaker(most=1, least=1_000, clock=HandClock(), die=raising)
        self.shell = Shell(
            epoch=3,
            outbox=self.outbox,
            pump=pump,  # type: ignore[arg-type]
            progress=self.progress,
            breaker=breaker,
            metrics=self.metrics,
            now=lambda: 7,
            name_of={INBOX.topic: "touches"},
            reading=lambda: not self.away,
        )
        self.book: Any = Book()

    async def run(self, *values: bytes, fold: Any = None) -> None:
        async for record in self.shell.read(Ending(*values), DECODE):
            self.shell.move(fold or note, book=self.book, record=record)

    def rejected(self) -> list[Any]:
        return [REJECTED.decode(one.value) for one in self.outbox.take(everything=True) if one.topic == "rejected"]


def said(name: str, *, to: str = "ann", kind: str = "hit") -> bytes:
    return encode(Disposition(to=to, milestone_id=name, kind=kind, reason="", at=1, actor=""))


def note(key: str, row: list[str] | None, messages: Sequence[Any], /, *, version: Version) -> Folded[list[str]]:
    if any(one.kind == "bomb" for one in messages):
        raise RuntimeError("a bug")
    if any(one.kind == "order" for one in messages):
        raise UnknownRow("never seen")
    return Folded([*(row or []), *(one.milestone_id for one in messages)], Effects())


async def test_a_block_is_folded_by_key_with_the_version_of_its_offset() -> None:
    desk = Desk()
    versions: list[Version] = []

    def fold(key: str, row: Any, messages: Sequence[Any], /, *, version: Version) -> Folded[list[str]]:
        versions.append(version)
        return note(key, row, messages, version=version)

    await desk.run(encode_block([said("a"), said("b", to="bob"), said("c")]), encode_block([said("d")]), fold=fold)
    assert desk.book.rows == {"ann": ["a", "c", "d"], "bob": ["b"]}
    assert versions == [Version(3, 0), Version(3, 0), Version(3, 1)]
    assert desk.progress.position(INBOX) == 2


async def test_a_record_from_another_epoch_keeps_the_version_that_it_had() -> None:
    desk = Desk()
    inbox = Ending(encode_block([said("a")]), headers=[(VERSION_HEADER, packed(Version(1, 70)))])
    assert [record.version async for record in desk.shell.read(inbox, DECODE)] == [Version(1, 70)]
    assert desk.progress.position(INBOX) == 1, "its own offset is what is committed"


async def test_poison_leaves_its_neighbours_alone() -> None:
    desk = Desk()
    bomb, order = said("x", kind="bomb"), said("y", kind="order")
    await desk.run(b"\x00", encode_block([said("a"), b'{"t":"alien"}', bomb, order, said("b")]))
    assert desk.book.rows == {"ann": ["a", "b"]}
    kept = [(one.reason, one.raw, one.topic, one.partition, one.offset) for one in desk.rejected()]
    assert kept == [
        (Reason.JSON, b"\x00", "t.inbox", 2, 0),
        (Reason.SCHEMA, b'{"t":"alien"}', "t.inbox", 2, 1),
        (Reason.FOLD, bomb, "t.inbox", 2, 1),
        (Reason.UNKNOWN_ROW, order, "t.inbox", 2, 1),
    ]
    assert desk.progress.position(INBOX) == 2


async def test_a_decoder_that_raises_costs_one_record() -> None:
    desk = Desk()

    def broken(raw: bytes) -> Decoded[Any]:
        raise ValueError("bug")

    async for _ in desk.shell.read(Ending(b"[]"), broken):
        pass
    assert [one.raw for one in desk.rejected()] == [b"[]"]


async def test_a_record_that_was_not_worked_off_is_not_committed() -> None:
    desk = Desk()
    reading = desk.shell.read(Ending(encode_block([said("a")]), encode_block([said("b")])), DECODE)
    await anext(reading)
    assert desk.progress.position(INBOX) == 0
    await anext(reading)
    assert desk.progress.position(INBOX) == 1
    await reading.aclose()
    assert desk.progress.position(INBOX) == 1


async def test_cards_are_gathered_and_count_once_they_are_written() -> None:
    desk = Desk()
    sizes: list[int] = []
    async for gathered in desk.shell.gather(Ending(*[b"x"] * 5), most=2):
        sizes.append(len(gathered.records))
        gathered.done = len(sizes) < 2
    assert sizes == [2, 2, 1]
    assert desk.progress.position(INBOX) == 2


async def test_an_outside_service_is_tried_until_it_answers() -> None:
    desk = Desk()
    answers = iter([OSError("away"), OSError("away"), None])

    def call() -> None:
        if (answer := next(answers)) is not None:
            raise answer

    assert await desk.shell.patiently("redis", call, retry=OSError)
    assert desk.metrics.value("retries", "redis") == 2


async def test_it_is_given_up_when_the_partitions_are_taken_away() -> None:
    """A rebalance waits for every agent: one that waits for Redis must not hold it up."""
    desk = Desk()
    desk.away = True

    def call() -> None:
        raise OSError("away")

    async with asyncio.timeout(20):
        assert not await desk.shell.patiently("redis", call, retry=OSError)


@pytest.mark.parametrize("kind", ["json", "empty"])
async def test_an_empty_record_is_a_record(kind: str) -> None:
    desk = Desk()
    await desk.run(b"[]" if kind == "json" else b"")
    assert desk.progress.position(INBOX) == 1
    assert not desk.rejected()
