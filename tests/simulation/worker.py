"""One worker of a simulation: the engine's own parts and the agents, on a broker that waits for the simulator.

What is not the engine's own here: Faust's consumer (`feed`), its commit (`begin_commit` asks Progress and settles, as
`CarefulConsumer` does), when the pump turns, and the broker's answers (`land`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NoReturn

from faust.types import TP

from schemas.activity import Version
from schemas.posts import Receipt
from streams.agents.accounts import accounts
from streams.agents.leads import leads
from streams.agents.recipients import recipients
from streams.agents.visitors import visitors
from streams.channels.base import Channel
from streams.channels.delivery import Delivery
from streams.core import signals
from streams.core.effects import Folded
from streams.core.events.visits import decode_visits
from streams.core.lead import fold as lead
from streams.core.recipient import fold as recipient
from streams.core.rows import ROWS, rules_mark
from streams.core.rules import Rules
from streams.core.visitor import fold as visitor
from streams.engine.clock import Clock
from streams.engine.engine import INBOXES, Agent
from streams.engine.guards.exits import BROKEN
from streams.engine.guards.pulse import Pulse
from streams.engine.reading.breaker import Breaker
from streams.engine.reading.intake import Intake
from streams.engine.reading.progress import Progress
from streams.engine.sending.bell import Bell
from streams.engine.sending.book import Book
from streams.engine.sending.outbox import Outbox
from streams.engine.sending.pump import Pump
from streams.engine.sending.sends import Sends
from streams.engine.shell import Decoded, Refusal, Shell
from streams.metrics import Metrics
from tests.simulation.broker import Producer, fetched
from tests.simulation.disk import Disk
from tests.simulation.log import TABLES, Log
from tests.simulation.loop import VirtualLoop
from tests.simulation.rows import Rows
from tests.simulation.tables import row_table

__all__ = ["Died", "SimWorker"]

FOLLOW_RULES: Final = ("leads", "accounts")
SESSION_S: Final = 10.0
LATER_S: Final = 0.1
METRICS: Final = Metrics()
NAMES: Final = {name: name for name in (*TABLES, "leads", "accounts", "alerts", "transitions", "rejected")}


class Died(BaseException):
    """What `die` does here: nothing of this worker goes on."""

    def __init__(self, reason: str, facts: Mapping[str, Any]) -> None:
        super().__init__(f"{reason} {dict(facts)}")
        self.reason = reason


class SimWorker:
    """One process, from its start to its crash. `now` in UTC milliseconds; `chance` of the delivery's jitter.

    `disk`: its local store, None where another process has it.
    """

    def __init__(self, name: str, log: Log, *, rules: Rules, now: Callable[[], int], channels: Sequence[Channel],
                 chance: Callable[[], float], disk: Disk | None) -> None:  # fmt: skip
        self.name = name
        self.rules = rules
        self.log = log
        self.disk = disk
        self.owned: set[int] = set()
        self.loop = VirtualLoop()
        self.loop.move(now() / 1000)
        self.boot_s = 0.0
        self._position: dict[tuple[str, int], int] = {}
        self._turning: asyncio.Task[None] | None = None
        self._saving: asyncio.Task[None] | None = None
        self._make(now, channels, chance)
        for inbox, agent in self._agents().items():
            self.loop.begin(agent(self.intake.inbox([inbox])))  # type: ignore[arg-type]
        self.loop.begin(self._delivery.run())
        self.loop.settle()

    def _make(self, now: Callable[[], int], channels: Sequence[Channel], chance: Callable[[], float]) -> None:
        pulse = Pulse(SESSION_S, clock=lambda: self.boot_s, die=self._die)
        self.producer = Producer(self.log, guard=pulse.check)
        self.sends = Sends(lambda: self.producer, pulse=pulse, die=self._die)  # type: ignore[arg-type, return-value]
        self.progress = Progress(lambda _: True, die=self._die)
        self.intake = Intake(TABLES)
        self.bell = Bell(LATER_S)
        self._delivery = Delivery({one.name: one for one in channels}, now=now, metrics=METRICS, tell=self._receipt,
                                  chance=chance, clock=self.loop.time)  # fmt: skip
        self.outbox = Outbox(partitions=self.log.partitions, bell=self.bell, deliver=self._delivery.offer,
                             metrics=METRICS, now=now)  # fmt: skip
        self.pump = Pump(self.sends, self.outbox, bell=self.bell, gather_s=0.0, names=NAMES, metrics=METRICS,
                         load=lambda: self.intake.load, die=self._die)  # fmt: skip
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
        self.rows = Rows(self.log, self.tables, list(self.books.values()), disk=self.disk, kept_after=self.kept_after,
                         now=now, metrics=METRICS)  # fmt: skip
        self.channels = frozenset(one.name for one in channels)

    # ─── what a deliberately broken engine does otherwise
    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die)

    def _book(self, table: Any, *, rules: bytes | None) -> Book[Any]:
        return Book(table, ROWS[table.name], sends=self.sends, clock=self.clock, changed=self.bell.later,
                    metrics=METRICS, rules=rules)  # fmt: skip

    def _folds(self) -> dict[str, Callable[..., Any]]:
        return {
            "visits": partial(visitor.fold, rules=self.rules),
            "touches": partial(lead.fold, rules=self.rules),
            "signals": partial(signals.fold_signals, rules=self.rules),
            "posts": partial(recipient.fold, rules=self.rules, channels=self.channels, editing=self.channels),
        }

    async def settled(self) -> None:
        """What the commit waits for."""
        await self.pump.settled()

    async def kept_after(self) -> None:
        """What a copy of rows waits for before it is on the disk."""
        await self.pump.settled()

    # ─── the engine's parts, wired
    def _agents(self) -> dict[str, Agent]:
        shell, books = self.shell, self.books
        folds = {inbox: self._noted(TABLES[inbox], fold) for inbox, fold in self._folds().items()}
        return {
            "visits": visitors(shell, books["visitors"], decode=self._facts, fold=folds["visits"]),
            "touches": leads(shell, books["leads"], folds["touches"]),
            "signals": accounts(shell, books["accounts"], folds["signals"]),
            "posts": recipients(shell, books["recipients"], folds["posts"]),
        }

    def _noted(self, table: str, fold: Callable[..., Any]) -> Callable[..., Any]:
        """The log is told which row was made of which message."""

        def folded(key: str, row: Any, messages: Sequence[Any], *, version: Version) -> Folded[Any]:
            after, effects = fold(key, row, messages, version=version)
            self.log.folds(table, key, version, held=None if row is None else row.version, row=after)
            return Folded(after, effects)

        return folded

    def _facts(self, raw: bytes) -> Decoded[Any]:
        facts, refused, filtered = decode_visits(raw, self.rules)
        said = [Refusal(one.raw, one.error.reason, one.error.detail, one.source, one.envelope) for one in refused]
        return Decoded(facts, said, filtered)

    def _receipt(self, receipt: Receipt) -> None:
        self.outbox.say("posts", receipt)

    def _die(self, reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
        raise Died(reason, facts)

    # ─── what the simulator does to it
    @property
    def dead(self) -> str:
        """Why it ended by itself, "" while it lives."""
        return "; ".join(repr(error) for error in self.loop.broke)

    @property
    def idle(self) -> bool:
        """Nothing is gathered, nothing flies, and nothing is being copied."""
        gathered = self.bell._timer is not None or self.bell._rung.is_set()
        return not (gathered or self.sends.outstanding or _goes_on(self._turning) or _goes_on(self._saving))

    def reads(self) -> list[tuple[str, int]]:
        """The partitions in which something lies ready for it."""
        return [place for place, at in self._position.items() if at < len(self.log.records(*place))]

    def feed(self, topic: str, partition: int, *, most: int = 1) -> None:
        """What one fetch brings of a partition."""
        tp = TP(topic, partition)
        records = fetched(self.log, tp, self._position[tp], most=most)
        self._position[tp] = records[-1].offset + 1
        self.intake.put(tp, records)
        self.loop.settle()

    def turn(self, *, everything: bool) -> None:
        """The pump hands over what was gathered: all, or what others wait for. One that goes on is not disturbed."""
        if not _goes_on(self._turning):
            if everything:
                self.bell._all()  # the tenth of a second is over that rows and cards wait
            self._turning = self.loop.begin(self.pump._turn(everything=self.bell.answer()))
        self.loop.settle()

    @property
    def flying(self) -> list[tuple[str, int]]:
        """Partitions to which something is under way."""
        return [place for place, waiting in self.producer.flying.items() if waiting]

    def land(self, place: tuple[str, int], *, most: int, twice: bool = False) -> None:
        """The broker has some batches, and says so."""
        self.producer.land(place, most=most, heard=True, twice=twice)
        self.loop.settle()

    def lands_unheard(self, place: tuple[str, int], *, most: int) -> None:
        """The broker has some of them; whoever sent them is dead or asleep."""
        self.producer.land(place, most=most, heard=False)

    def begin_commit(self) -> tuple["asyncio.Task[Any]", dict[tuple[str, int], int]]:
        """The offsets as they are now, and what must be over before they may be committed."""
        positions = self.progress.positions()
        waits = self.loop.begin(self.settled())
        self.loop.settle()
        return waits, {(tp.topic, tp.partition): offset for tp, offset in positions.items()}

    def save(self) -> None:
        """Begins to copy what changed to its disk; it waits for what a commit waits for."""
        if self.disk is not None and not _goes_on(self._saving):
            self._saving = self.loop.begin(self.rows.save())
            self.loop.settle()

    def sweep(self) -> int:
        """Looks after its tails; how many rows are sent again."""
        looks = self.loop.begin(self.rows.sweep())
        self.loop.settle()
        return looks.result() if looks.done() and not self.dead else 0

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
        """These are no longer its own; what was fetched and not begun is forgotten."""
        self.intake.clear()
        gone = {TP(topic, number) for topic in TABLES for number in partitions}
        self.progress.forget(gone)
        for tp in gone:
            self._position.pop(tp, None)

    def assign(
        self, partitions: set[int], *, generation: int, away_in: int = -1, given_up: bool = False
    ) -> None:
        """All that it owns from now on: what is new is restored, then reading starts.

        `generation`: of the group. `away_in`: after so many batches of changelogs Kafka goes away; `given_up`: and
        then the group moves on first.
        """
        self.rows.away_in = away_in
        gone, came = self.owned - partitions, partitions - self.owned
        work = self.loop.begin(self.rows.restore(partitions, gone=gone, came=came, generation=generation))
        self.loop.settle()
        self.owned = partitions
        if given_up and not work.done():
            work.cancel()
            self.loop.settle()
            return
        self.waits(2.0)
        assert work.done() or self.dead
        self._position = {TP(topic, number): self.log.committed[topic, number]
                          for topic in TABLES for number in partitions}  # fmt: skip
        self.progress.start({TP(*place): offset for place, offset in self._position.items()})


def _goes_on(task: "asyncio.Task[None] | None") -> bool:
    return task is not None and not task.done()
