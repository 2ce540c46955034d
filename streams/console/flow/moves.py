"""All stage moves, read from Kafka and kept as books: what the flow and its reports are counted from.

They are read once from the first one on, and then what came since, at most every few seconds and only while somebody
looks. Repeats and order do not matter: a lead's part is booked anew, as a whole, whenever more of its moves are known.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

import structlog
from msgspec import Struct

from running.wall_clock import utc_ms
from schemas.cards import Transition
from schemas.codec import TRANSITION
from schemas.errors import Undecodable
from streams.console.flow.asked import Counted
from streams.console.tongue import Text
from streams.core.account.books import AccountBooks
from streams.core.days import DayOf
from streams.core.flow.books import booked, shortened
from streams.core.flow.tally import Tally
from streams.core.rules import Rules
from streams.core.stage.stages import Stages, stages_in
from streams.metrics import Bound
from streams.window import Bounds, Seen, WindowShut

__all__ = ["TOPIC", "Looks", "Moves", "MovesState", "moves_in"]

TOPIC: Final = "transitions"
FRESH_MS: Final = 15_000
PATIENCE_S: Final = 4.0
AT_ONCE: Final = 5_000  # records between two words on how far it is
REMEMBERED: Final = 64  # sheets of one state of the books
T = TypeVar("T")
log = structlog.get_logger()


class Looks(Protocol):
    """`streams.window.Window`, or a stand-in."""

    def bounds(self, name: str) -> Bounds:
        """First offset and end of each partition."""

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        """The records there."""


class MovesState(Struct, frozen=True, kw_only=True):
    """How the books are. `as_of`: when they were last up to date (UTC milliseconds), None = not yet.

    `done` and `total`: records of the reading under way. `why`: what keeps them from being newer, "" = nothing.
    """

    as_of: int | None
    done: int
    total: int
    why: Text


class Moves:
    """The books of this process. `now` gives UTC milliseconds; `patience_s`: how long a page waits for a reading.

    Rules are asked for at the first reading.
    """

    def __init__(
        self, look: Looks, rules: Callable[[], Rules], *, now: Callable[[], int] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:  # fmt: skip
        self._look = look
        self._rules = rules
        self._now = now or utc_ms
        self._patience_s = patience_s
        self._closed = False
        self._held = Lock()
        self._reading: asyncio.Task[None] | None = None
        self._next: dict[int, int] = {}
        self._moves: dict[str, tuple[Transition, ...]] = {}
        self._tally = Tally()
        self._accounts = AccountBooks()
        self._asked: dict[Any, Any] = {}
        self._as_of: int | None = None
        self._done = self._total = 0
        self._why: Text = ""

    @property
    def state(self) -> MovesState:
        """How the books are."""
        return MovesState(as_of=self._as_of, done=self._done, total=self._total, why=self._why)

    @property
    def leads(self) -> int:
        """Leads whose moves are held: like rows, they are what the books are made of."""
        return len(self._moves)

    def bounds(self) -> list[Bound]:
        """Answers that are remembered until a move comes."""
        return [Bound("answers_of_the_books", len(self._asked), REMEMBERED)]

    def close(self) -> None:
        """A reading under way ends at the next stretch: the process stops."""
        self._closed = True

    async def fresh(self) -> MovesState:
        """Bring the books up to date where they are older than some seconds, and wait for that for a while.

        Raises RulesError.
        """
        if self._reading is None or self._reading.done():
            if self._as_of is not None and self._now() - self._as_of < FRESH_MS:
                return self.state
            self._reading = asyncio.create_task(asyncio.to_thread(self.read), name="console-moves")
        await asyncio.wait([self._reading], timeout=self._patience_s)
        if self._reading.done():
            self._reading.result()
        return self.state

    async def asked(self, question: Any, answer: Callable[[Tally, Rules], T], *, of: Counted = "people") -> T:
        """What the books say to a question, in a thread; the same question of the same books is answered once."""
        told = self._asked  # of these books: a reading that brings moves begins another, also while we work it out
        found: Any = told.get(question)
        if found is None:
            found = await asyncio.to_thread(self.answered, answer, of=of)
            if len(told) >= REMEMBERED:
                told.clear()
            told[question] = found
        known: T = found
        return known

    def read(self) -> None:
        """Read what came since. Blocks. Where Kafka is away the books stay as they are, and `state` says why."""
        rules, now = self._rules(), self._now()
        why: Text = ""
        more: dict[str, list[Transition]] = {}
        try:
            self._gather(more)
        except WindowShut as error:
            log.warning("moves_away", error=str(error))
            why = error.said
        with self._held:  # each lead once, however far apart its moves lie
            for lead_id, moves in more.items():
                self._book(lead_id, moves, stages=stages_in(rules), day_of=rules.site.day_of)
            if more:
                self._asked = {}
        self._why = why
        if not why and not self._closed:
            self._as_of = now

    def _gather(self, more: dict[str, list[Transition]]) -> None:
        """Put what came since into `more`, lead by lead. Raises WindowShut; what was put there until then counts."""
        bounds = self._look.bounds(TOPIC)
        self._begin(bounds)
        for partition, (first, end) in sorted(bounds.items()):
            start = max(first, self._next.get(partition, first))
            for at in range(start, end, AT_ONCE):
                if self._closed:
                    return
                until = min(end, at + AT_ONCE)
                for move in moves_in(self._look.between(TOPIC, partition, first=at, end=until)):
                    more.setdefault(move.lead_id, []).append(shortened(move))
                self._next[partition] = until
                self._done += until - at

    def _begin(self, bounds: Bounds) -> None:
        """Where the topic is another one than before, all of it is read again."""
        if any(self._next.get(partition, 0) > end for partition, (_, end) in bounds.items()):
            with self._held:
                self._next, self._moves, self._asked = {}, {}, {}
                self._tally, self._accounts, self._as_of = Tally(), AccountBooks(), None
        self._done = 0
        self._total = sum(max(0, end - max(first, self._next.get(one, first))) for one, (first, end) in bounds.items())

    def _book(self, lead_id: str, moves: Sequence[Transition], *, stages: Stages, day_of: DayOf) -> None:
        before = self._moves.get(lead_id, ())
        numbers = {one.number for one in before}
        new = [one for one in moves if one.number not in numbers]
        if not new:
            return
        after = (*before, *new)
        was = booked(before, day_of=day_of, stages=stages) if before else None
        self._tally.replace(lead_id, was, booked(after, day_of=day_of, stages=stages))
        self._moves[lead_id] = after
        self._accounts.mark(after)

    def answered(self, answer: Callable[[Tally, Rules], T], *, of: Counted = "people") -> T:
        """The same at once. Blocks."""
        rules = self._rules()
        with self._held:
            if of == "people":
                return answer(self._tally, rules)
            stages = stages_in(rules)
            return answer(self._accounts.tally(self._moves, day_of=rules.site.day_of, stages=stages), rules)


def moves_in(records: Iterable[Seen]) -> Iterator[Transition]:
    """The moves of these records; one that cannot be read leaves its neighbours."""
    for record in records:
        try:
            yield TRANSITION.decode(record.value)
        except Undecodable as error:
            log.warning("move_unreadable", reason=error.reason, detail=error.detail)
