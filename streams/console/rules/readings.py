"""Rules tried on all rows, in the background: one reading at a time, with how far it is; the last answers are kept.

A reading takes half a minute for 100,000 leads, so a page asks for it, shows how far it is, and is loaded again.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import structlog
from msgspec import Struct

from running.wall_clock import utc_ms
from streams.console.tongue import N_, Text, filled
from streams.core.backtest.comparison import Comparison
from streams.core.flow.crossings import Crossings
from streams.core.flow.overdue import Overdue
from streams.core.rules import Rules
from streams.metrics import Bound
from streams.replay.backtest import compared, crossings_in, overdue_in
from streams.replay.kept_rows import KeptRows
from streams.window import WindowShut

__all__ = ["FRESH_MS", "Answer", "Readings"]

FRESH_MS: Final = 15 * 60_000
PATIENCE_S: Final = 3.0
REMEMBERED: Final = 8
UNTOLD: Final = N_("these rules cannot be tried on the rows (%(error)s); the log of the console has it")
T = TypeVar("T")
log = structlog.get_logger()


class Answer(Struct, Generic[T], frozen=True, kw_only=True):
    """What a page may show now. `found` None = not yet. `why`: what keeps it from being known, "" = nothing.

    `table`, `done`, `total`: of the reading under way ("" = none). `as_of`: of `found`, UTC milliseconds.
    """

    found: T | None = None
    as_of: int = 0
    why: Text = ""
    table: str = ""
    done: int = 0
    total: int = 0


class Readings:
    """The readings of this process. `patience_s`: how long a page waits for one before it shows how far it is."""

    def __init__(
        self, rows: KeptRows, *, now: Callable[[], int] | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        self._rows = rows
        self._now = now or utc_ms
        self._patience_s = patience_s
        self._answers: dict[Any, tuple[Any, int]] = {}
        self._failed: dict[Any, Text] = {}
        self._running: tuple[Any, asyncio.Task[None]] | None = None
        self._progress = ("", 0, 0)
        self._closed = False

    def bounds(self) -> list[Bound]:
        """Comparisons of rules that are remembered, and those that failed and were not asked for again."""
        return [
            Bound("readings", len(self._answers), REMEMBERED), Bound("failed_readings", len(self._failed), REMEMBERED),
        ]  # fmt: skip

    def close(self) -> None:
        """A reading under way ends at its next stretch: the process stops."""
        self._closed = True

    async def comparison(self, before: Rules, after: Rules, *, again: bool = False) -> Answer[Comparison]:
        """A against B. `again`: read anew, whatever is known."""
        return await self._asked(
            (before.version, after.version),
            lambda: compared(self._rows, before, after, now=self._now(), told=self._told), again=again,
        )  # fmt: skip

    async def crossings(self, rules: Rules, *, again: bool = False) -> Answer[Crossings]:
        """How many crossed, at each threshold."""
        return await self._asked(
            ("crossings", rules.version),
            lambda: crossings_in(self._rows, rules, now=self._now(), told=self._told), again=again,
        )  # fmt: skip

    async def overdue(self, rules: Rules) -> Answer[Overdue]:
        """How many leads sales is late with."""
        return await self._asked(
            ("overdue", rules.version), lambda: overdue_in(self._rows, rules, now=self._now(), told=self._told),
            again=False,
        )  # fmt: skip

    async def _asked(self, question: Any, read: Callable[[], T], *, again: bool) -> Answer[T]:
        known = self._answers.get(question)
        fresh = known is not None and self._now() - known[1] < FRESH_MS
        if (again or not fresh) and question not in self._failed:
            self._begin(question, read)
        if self._running is not None and self._running[0] == question:
            await asyncio.wait([self._running[1]], timeout=self._patience_s)
        return self._answer(question)

    def _begin(self, question: Any, read: Callable[[], Any]) -> None:
        """Unless another reading is under way: it is asked for again by the next look."""
        if self._running is not None and not self._running[1].done():
            return
        self._running = question, asyncio.create_task(self._read(question, read), name="console-reading")

    async def _read(self, question: Any, read: Callable[[], Any]) -> None:
        as_of = self._now()
        try:
            found = await asyncio.to_thread(read)
        except WindowShut as error:
            log.warning("rows_away", error=str(error))
            self._fails(question, error.said)
        except Exception as error:  # noqa: BLE001 - rules that somebody brought may fit these rows in no way
            log.warning("rows_untold", error=type(error).__name__)
            self._fails(question, filled(UNTOLD, error=type(error).__name__))
        else:
            while len(self._answers) >= REMEMBERED:
                self._answers.pop(next(iter(self._answers)))
            self._answers[question] = found, as_of
        finally:
            self._progress = ("", 0, 0)

    def _fails(self, question: Any, why: Text) -> None:
        """Who asked may never come back for it."""
        while len(self._failed) >= REMEMBERED:
            self._failed.pop(next(iter(self._failed)))
        self._failed[question] = why

    def _answer(self, question: Any) -> Answer[Any]:
        """What failed is said once: whoever asks after that has it read anew."""
        found, as_of = self._answers.get(question, (None, 0))
        table, done, total = self._progress
        return Answer(found=found, as_of=as_of, why=self._failed.pop(question, ""), table=table, done=done, total=total)

    def _told(self, table: str, done: int, total: int) -> None:
        """Raises WindowShut where the process stops."""
        self._progress = table, done, total
        if self._closed:
            raise WindowShut("this console stops")
