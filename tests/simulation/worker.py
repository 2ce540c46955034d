"""One worker of a simulation: the engine's own parts and the agents, on a producer that waits for the simulator.

What is not the engine's own here: Faust's consumer (`feed`), its commit (`commit` asks Progress and settles, as
`CarefulConsumer` does) and the broker's answers (`land`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, NoReturn

from faust.types import TP

from schemas.posts import Receipt
from streams.agents.accounts import accounts
from streams.agents.leads import leads
from streams.agents.recipients import recipients
from streams.agents.visitors import visitors
from streams.channels.base import Channel
from streams.channels.delivery import Delivery
from streams.core import lead, recipient, signals, visitor
from streams.core.rows import ROWS, rules_mark
from streams.core.rules import Rules
from streams.core.visits import decode_visits
from streams.engine.book import Book
from streams.engine.breaker import Breaker
from streams.engine.clock import Clock
from streams.engine.engine import INBOXES
from streams.engine.exits import BROKEN
from streams.engine.outbox import Outbox
from streams.engine.progress import Progress
from streams.engine.pulse import Pulse
from streams.engine.pump import Pump
from streams.engine.sends import Sends
from streams.engine.shell import Decoded, Refusal, Shell
from streams.metrics import Metrics
from tests.simulation.log import TABLES, Log, Record, changelog
from tests.simulation.loop import VirtualLoop
from tests.simulation.tables import row_table

__all__ = ["Died", "SimWorker"]

FOLLOW_RULES: Final = ("leads", "accounts")
SESSION_S: Final = 10.0
METRICS: Final = Metrics()
NAMES: Final = {name: name for name in (*TABLES, "leads", "accounts", "alerts", "transitions", "rejected")}


class Died(BaseException):
    """What `die` does here: nothing of this worker goes on."""

    def __init__(self, reason: str, facts: Mapping[str, Any]) -> None:
        super().__init__(f"{reason} {dict(facts)}")
        self.reason = reason


class _Producer:
    """Keeps what is sent, in order within a partition; nothing lands by itself."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.flying: dict[tuple[str, int], deque[tuple[Record, asyncio.Future[object]]]] = {}

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, partition: int
    ) -> "asyncio.Future[object]":
        future: asyncio.Future[object] = self._loop.create_future()
        self.flying.setdefault((topic, partition), deque()).append((Record(key, value), future))
        return future


class _Stream:
    """One inbox as an agent reads it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._ready: deque[Any] = deque()
        self._more: asyncio.Future[None] | None = None

    def give(self, event: Any) -> None:
        self._ready.append(event)
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def clear(self) -> None:
        self._ready.clear()

    async def events(self) -> AsyncIterator[Any]:
        while True:
            while not self._ready:
                self._more = self._loop.create_future()
                await self._more
            yield self._ready.popleft()


class SimWorker:
    """One process, from its start to its crash. `now` in UTC milliseconds; `chance` of the delivery's jitter."""

    def __init__(self, name: str, log: Log, *, rules: Rules, now: Callable[[], int], channels: Sequence[Channel],
                 chance: Callable[[], float]) -> None:  # fmt: skip
        self.name = name
        self.rules = rules
        self.log = log
        self.frozen = False
        self.owned: set[int] = set()
        self.loop = VirtualLoop()
        self.loop.move(now() / 1000)
        self.boot_s = 0.0
        self._position: dict[tuple[str, int], int] = {}
        self._producer = _Producer(self.loop)
        self._wanted = False
        self._make(now, channels, chance)
        self._streams = {inbox: _Stream(self.loop) for inbox in TABLES}
        for inbox, agent in self._agents().items():
            self.loop.begin(agent(self._streams[inbox]))
        self.loop.begin(self._delivery.run())
        self.loop.settle()

    def _make(self, now: Callable[[], int], channels: Sequence[Channel], chance: Callable[[], float]) -> None:
        pulse = Pulse(SESSION_S, clock=lambda: self.boot_s, die=self._die)
        self.sends = Sends(lambda: self._producer, pulse=pulse, die=self._die)  # type: ignore[arg-type, return-value]
        self.progress = Progress(lambda _: True, die=self._die)
        self._delivery = Delivery({one.name: one for one in channels}, now=now, metrics=METRICS, tell=self._receipt,
                                  chance=chance)  # fmt: skip
        for rest in self._delivery._rests.values():
            rest._clock = self.loop.time
        self.outbox = Outbox(partitions=self.log.partitions, changed=self._want, deliver=self._delivery.offer,
                             metrics=METRICS, now=now)  # fmt: skip
        self.pump = Pump(self.sends, self.outbox, wanted=asyncio.Event(), gather_s=0.0, names=NAMES, metrics=METRICS,
                         die=self._die)  # fmt: skip
        self.clock = Clock(INBOXES, say=self.outbox.say, now=now, metrics=METRICS)
        self.shell = Shell(epoch=0, outbox=self.outbox, pump=self.pump, progress=self.progress,
                           breaker=Breaker(most=1.0, least=1, clock=self.loop.time, die=self._die), metrics=METRICS,
                           now=now, name_of=NAMES, reading=lambda: True, die=self._die)  # fmt: skip
        self.tables = {name: self._table(name) for name in TABLES.values()}
        mark = rules_mark(self.rules.version)
        self.books: dict[str, Book[Any]] = {
            name: self._book(table, rules=mark if name in FOLLOW_RULES else None) for name, table in self.tables.items()
        }
        self.pump.carry(list(self.books.values()))
        self.channels = frozenset(one.name for one in channels)

    # ─── what a deliberately broken engine does otherwise
    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die)

    def _book(self, table: Any, *, rules: bytes | None) -> Book[Any]:
        return Book(table, ROWS[table.name], sends=self.sends, clock=self.clock, changed=self._want, metrics=METRICS,
                    rules=rules)  # fmt: skip

    def _folds(self) -> dict[str, Callable[..., Any]]:
        return {
            "visits": partial(visitor.fold, rules=self.rules),
            "touches": partial(lead.fold, rules=self.rules),
            "signals": partial(signals.fold_signals, rules=self.rules),
            "posts": partial(recipient.fold, rules=self.rules, channels=self.channels),
        }

    async def settled(self) -> None:
        """What the commit waits for."""
        await self.pump.settled()

    # ─── the engine's parts, wired
    def _agents(self) -> dict[str, Callable[[Any], Coroutine[Any, Any, None]]]:
        shell, books, folds = self.shell, self.books, self._folds()
        return {
            "visits": visitors(shell, books["visitors"], decode=self._facts, fold=folds["visits"]),
            "touches": leads(shell, books["leads"], folds["touches"]),
            "signals": accounts(shell, books["accounts"], folds["signals"]),
            "posts": recipients(shell, books["recipients"], folds["posts"]),
        }  # type: ignore[dict-item]

    def _facts(self, raw: bytes) -> Decoded[Any]:
        facts, refused, filtered = decode_visits(raw, self.rules)
        return Decoded(facts, [Refusal(one.raw, one.error.reason, one.error.detail, one.source) for one in refused],
                       filtered)  # fmt: skip

    def _receipt(self, receipt: Receipt) -> None:
        self.outbox.say("posts", receipt)

    def _die(self, reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
        raise Died(reason, facts)

    def _want(self) -> None:
        self._wanted = True

    # ─── what the simulator does to it
    @property
    def dead(self) -> str:
        """Why it ended by itself, "" while it lives."""
        return "; ".join(repr(error) for error in self.loop.broke)

    @property
    def idle(self) -> bool:
        """Nothing is gathered and nothing flies."""
        return not self._wanted and not self.sends.outstanding

    def reads(self) -> list[tuple[str, int]]:
        """The partitions in which something lies ready for it."""
        return [place for place, at in self._position.items() if at < len(self.log.records(*place))]

    def feed(self, topic: str, partition: int) -> None:
        """The next record of a partition."""
        offset = self._position[topic, partition]
        self._position[topic, partition] = offset + 1
        record = self.log.records(topic, partition)[offset]
        message = SimpleNamespace(tp=TP(topic, partition), topic=topic, partition=partition, offset=offset,
                                  key=record.key, value=record.value, headers=())  # fmt: skip
        self._streams[topic].give(SimpleNamespace(message=message))
        self.loop.settle()

    def turn(self) -> None:
        """The pump hands over what was gathered."""
        self._wanted = False
        self.loop.begin(self.pump._turn())
        self.loop.settle()

    @property
    def flying(self) -> list[tuple[str, int]]:
        """Partitions to which something is under way."""
        return [place for place, waiting in self._producer.flying.items() if waiting]

    def land(self, place: tuple[str, int], *, most: int) -> None:
        """The broker has some of them, and says so."""
        waiting = self._producer.flying[place]
        for _ in range(min(most, len(waiting))):
            record, future = waiting.popleft()
            self.log.append(*place, record)
            future.set_result(None)
        self.loop.settle()

    def lands_unheard(self, place: tuple[str, int], *, most: int) -> None:
        """The broker has some of them; whoever sent them is dead or asleep."""
        waiting = self._producer.flying[place]
        for _ in range(min(most, len(waiting))):
            self.log.append(*place, waiting.popleft()[0])

    @property
    def under_way(self) -> list[deque[Any]]:
        """What the broker has not answered, by partition."""
        return list(self._producer.flying.values())

    def begin_commit(self) -> tuple["asyncio.Task[Any]", dict[tuple[str, int], int]]:
        """The offsets as they are now, and what must be over before they may be committed."""
        positions = self.progress.positions()
        waits = self.loop.begin(self.settled())
        self.loop.settle()
        return waits, {(tp.topic, tp.partition): offset for tp, offset in positions.items()}

    def wake(self) -> int:
        """The clock looks."""
        self.loop.settle()
        return self.clock.due()

    def moves(self, to_ms: int) -> None:
        """It is later."""
        self.loop.move(to_ms / 1000)
        self.loop.settle()

    def waits(self, seconds: float) -> None:
        """Its timers go on, and nothing else."""
        self.loop.move(self.loop.time() + seconds)
        self.loop.settle()

    # ─── what the group does to it
    def revoke(self, partitions: Iterable[int]) -> None:
        """These are no longer its own."""
        gone = {TP(topic, number) for topic in TABLES for number in partitions}
        self.progress.forget(gone)
        for tp in gone:
            self._position.pop((tp.topic, tp.partition), None)

    def assign(self, partitions: set[int]) -> None:
        """All that it owns from now on: what is new is restored from the changelogs, then reading starts."""
        for stream in self._streams.values():
            stream.clear()
        work = self.loop.begin(self._assigned(partitions))
        self.loop.settle()
        assert work.done() or self.dead
        self.owned = partitions
        starts = {(topic, number): self.log.committed[topic, number] for topic in TABLES for number in partitions}
        self._position = dict(starts)
        self.progress.start({TP(*place): offset for place, offset in starts.items()})

    async def _assigned(self, partitions: set[int]) -> None:
        lost, new = self.owned - partitions, partitions - self.owned
        for name, table in self.tables.items():
            topic = changelog(name)
            mine, gone, came = ({TP(topic, one) for one in some} for some in (partitions, lost, new))
            await table.on_rebalance(mine, gone, came)
            for number in sorted(new):
                table.apply_changelog_batch(
                    SimpleNamespace(message=SimpleNamespace(topic=topic, partition=number, offset=offset, key=one.key,
                                                            value=one.value))
                    for offset, one in enumerate(self.log.records(topic, number))
                )  # fmt: skip
            await table.on_recovery_completed(mine, set())
